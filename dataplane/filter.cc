// SPDX-License-Identifier: Apache-2.0
#include "relaysieve/filter.h"

#include <algorithm>
#include <array>
#include <bit>

#include "fingerprint.h"
#include "memory.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "wire.h"

namespace relaysieve {
namespace {

// Frames judged together: their table lines are on the way from memory while the later ones are still parsed.
constexpr size_t kStride = 32;
// Of these so many are read before their lines are sent for: one look-up of what hashes best on this CPU for all.
constexpr size_t kAtOnce = 8;

// A frame that the rule does not look at. What else a verdict says has no meaning then.
void pass(Verdict& verdict, Reason reason, Family family = Family::none) {
  verdict.action = Action::forward;
  verdict.reason = reason;
  verdict.family = family;
  verdict.request = verdict.has_first = verdict.evicted = verdict.recalled = false;
  verdict.undo.what = Undo::What::nothing;
}

}  // namespace

struct Filter::Rooms {
  std::shared_ptr<const Policy> policy;
  Fingerprint fingerprint;
  std::shared_ptr<Memory> memory;
  Time now = Time::min();
  std::array<Request, kStride> requests;  // of the burst that is being judged

  Rooms(std::shared_ptr<const Policy> p, const Options& options)
      : policy(std::move(p)),
        fingerprint(options.seed),
        memory(std::make_shared<Memory>(options.clients, policy->window,
                                        options.resident ? Pages::resident : Pages::lazy)) {}

  // Frames to requests; or to verdicts, where the rule does not look at them. Bit i of what is returned: frame i has a
  // request. What the memory knows about it is on its way by then: first its bucket, and its line while the next frames
  // are read.
  uint64_t read(std::span<const Frame> frames, std::span<Verdict> verdicts) {
    const Memory& table = *memory;
    uint64_t relayed = 0;
    std::array<Fingerprint::Passed, kAtOnce> passed;
    for (size_t at = 0; at < frames.size(); at += kAtOnce) {
      const auto some = frames.subspan(at, std::min(kAtOnce, frames.size() - at));
      const uint64_t found = fingerprint.read(some, *policy, &requests[at], passed.data());
      for (size_t i = 0; i < some.size(); ++i) {
        if (found >> i & 1)
          table.prefetch(requests[at + i]);
        else
          pass(verdicts[at + i], passed[i].reason, passed[i].family);
      }
      if (at != 0) prefetch_lines(relayed, at - kAtOnce);
      relayed |= found << at;
    }
    prefetch_lines(relayed, (frames.size() - 1) / kAtOnce * kAtOnce);
    return relayed;
  }
  void prefetch_lines(uint64_t relayed, size_t at) const {
    const Memory& table = *memory;
    for (size_t i = at; i < at + kAtOnce; ++i)
      if (relayed >> i & 1) table.prefetch_line(requests[i]);
  }

  // Requests to verdicts, in order.
  [[gnu::flatten, gnu::noinline]] void decide(std::span<const Frame> frames, uint64_t relayed,
                                              std::span<Verdict> verdicts) {
    Memory& table = *memory;
    const Policy& rule = *policy;
    Time latest = now;
    for (size_t i = 0; i < frames.size(); ++i) {
      if ((relayed >> i & 1) == 0) continue;
      Verdict& verdict = verdicts[i];
      latest = std::max(latest, frames[i].time);  // time never runs backwards
      table.observe(requests[i], latest, frames[i].number, rule, verdict);
      if (rule.mode == Mode::monitor) [[unlikely]]
        verdict.reason = as_monitored(verdict.reason);
      verdict.action = action_of(verdict.reason);
      verdict.request = true;
      verdict.family = requests[i].family;
      verdict.router = requests[i].router;
    }
    now = latest;
  }
};

Filter::Filter(std::shared_ptr<const Policy> policy, Options options)
    : rooms_(std::make_unique<Rooms>(std::move(policy), options)) {}

Filter::Filter(std::unique_ptr<Rooms> rooms) : rooms_(std::move(rooms)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter::~Filter() = default;

Filter Filter::share() const { return Filter(std::make_unique<Rooms>(*rooms_)); }

void Filter::judge(std::span<const Frame> frames, std::span<Verdict> verdicts) {
  if (rooms_->policy->mode == Mode::bypass) {
    for (Verdict& verdict : verdicts.first(frames.size())) pass(verdict, Reason::bypassed);
    return;
  }
  for (size_t at = 0; at < frames.size(); at += kStride) {
    const auto some = frames.subspan(at, std::min(kStride, frames.size() - at));
    const uint64_t relayed = rooms_->read(some, verdicts.subspan(at));
    rooms_->decide(some, relayed, verdicts.subspan(at));
  }
}

Verdict Filter::judge(const Frame& frame) {
  Verdict verdict;
  judge({&frame, 1}, {&verdict, 1});
  return verdict;
}

void Filter::undo(const Verdict& verdict) { rooms_->memory->undo(verdict.undo); }

void Filter::adopt(std::shared_ptr<const Policy> policy) { rooms_->policy = std::move(policy); }

void Filter::retune() { rooms_->memory->retune(rooms_->policy->window); }

void Filter::flush() { rooms_->memory->clear(rooms_->policy->window); }

const Policy& Filter::policy() const { return *rooms_->policy; }

double Filter::false_positives(Time now) const { return rooms_->memory->false_positives(now); }

Occupancy Filter::occupancy(Time now) const {
  return {.transmissions = rooms_->memory->transmissions(now), .clients = rooms_->memory->clients(now)};
}

size_t Filter::bytes() const { return rooms_->memory->bytes(); }

RelayName relay_of(const Frame& frame) {
  RelayName name{.port = frame.port, .ip = {}, .giaddr = {}};
  if (const Parsed parsed = parse_dhcp4(frame.bytes); parsed.message) {
    std::ranges::copy(parsed.message->source_mac, name.mac);
    name.ip = parsed.message->source_ip;
    name.giaddr = parsed.message->giaddr;
  } else if (const Parsed6 parsed6 = parse_dhcp6(frame.bytes); parsed6.message) {
    std::ranges::copy(parsed6.message->source_mac, name.mac);
    name.ip = parsed6.message->source_ip;
    name.giaddr = parsed6.message->link_address;
  }
  return name;
}

}  // namespace relaysieve
