// SPDX-License-Identifier: Apache-2.0
#include "relaysieve/filter.h"

#include <algorithm>
#include <array>
#include <bit>

#include "fingerprint.h"
#include "memory.h"
#include "relaysieve/message.h"
#include "wire.h"

namespace relaysieve {
namespace {

// Frames judged together: their table lines are on the way from memory while the later ones are still parsed.
constexpr size_t kStride = 32;
// Of these so many are read before their lines are sent for: one look-up of what hashes best on this CPU for all.
constexpr size_t kAtOnce = 8;

// A frame that the rule does not look at. What else a verdict says has no meaning then.
void pass(Verdict& verdict, Reason reason) {
  verdict.action = Action::forward;
  verdict.reason = reason;
  verdict.request = verdict.has_first = verdict.evicted = verdict.recalled = false;
  verdict.undo.what = Undo::What::nothing;
}

}  // namespace

struct Filter::Rooms {
  std::shared_ptr<const Policy> policy;
  Fingerprint fingerprint;
  std::shared_ptr<Memory> memory;
  Time now = Time::min();

  Rooms(std::shared_ptr<const Policy> p, const Options& options)
      : policy(std::move(p)),
        fingerprint(options.seed),
        memory(std::make_shared<Memory>(options.clients, policy->window,
                                        options.resident ? Pages::resident : Pages::lazy)) {}

  // Frames to requests; or to verdicts, where the rule does not look at them. Bit i of what is returned: frame i has a
  // request.
  uint64_t read(std::span<const Frame> frames, std::span<Request> requests, std::span<Verdict> verdicts) {
    uint64_t relayed = 0;
    std::array<Reason, kAtOnce> reasons;
    for (size_t at = 0; at < frames.size(); at += kAtOnce) {
      const auto some = frames.subspan(at, std::min(kAtOnce, frames.size() - at));
      const uint64_t found = fingerprint.read(some, *policy, &requests[at], reasons.data());
      for (size_t i = 0; i < some.size(); ++i) {
        if (found >> i & 1)
          memory->prefetch(requests[at + i]);
        else
          pass(verdicts[at + i], reasons[i]);
      }
      relayed |= found << at;
    }
    return relayed;
  }

  void decide(const Frame& frame, const Request& request, Verdict& verdict) {
    now = std::max(now, frame.time);  // time never runs backwards
    memory->observe(request, now, frame.number, *policy, verdict);
    if (policy->mode == Mode::monitor) verdict.reason = as_monitored(verdict.reason);
    verdict.action = info(verdict.reason).action;
    verdict.request = true;
    verdict.router = request.relay.router;
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
  for (; !frames.empty(); frames = frames.subspan(std::min(kStride, frames.size())),
                          verdicts = verdicts.subspan(std::min(kStride, verdicts.size()))) {
    const size_t count = std::min(kStride, frames.size());
    std::array<Request, kStride> requests;
    const uint64_t relayed = rooms_->read(frames.first(count), requests, verdicts);
    for (uint64_t left = relayed; left != 0; left &= left - 1)
      rooms_->memory->prefetch_line(requests[std::countr_zero(left)]);
    for (uint64_t left = relayed; left != 0; left &= left - 1) {
      const int i = std::countr_zero(left);
      rooms_->decide(frames[i], requests[i], verdicts[i]);
    }
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
  const Parsed parsed = parse_dhcp4(frame.bytes);
  RelayName name{.port = frame.port};
  if (!parsed.message) return name;
  std::ranges::copy(parsed.message->source_mac, name.mac);
  name.ip = parsed.message->source_ip;
  name.giaddr = parsed.message->giaddr;
  return name;
}

}  // namespace relaysieve
