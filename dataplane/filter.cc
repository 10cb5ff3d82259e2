// SPDX-License-Identifier: Apache-2.0
#include "relaysieve/filter.h"

#include <algorithm>
#include <array>

#include "fingerprint.h"
#include "memory.h"
#include "relaysieve/message.h"
#include "wire.h"

namespace relaysieve {
namespace {

// Frames judged together: their table lines are on the way from memory while the later ones are still parsed.
constexpr size_t kStride = 32;

bool trusted(const Message& m, const Networks& relays) {
  const auto held = [&](uint32_t ip) {
    return std::ranges::any_of(relays, [&](const Network& n) { return n.contains(ip); });
  };
  return relays.empty() || (held(m.source_ip) && held(m.giaddr));
}

Verdict forwarded(Reason reason) { return {.action = Action::forward, .reason = reason, .undo = {}}; }

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

  // Frame to request; or the verdict, if the rule does not look at this frame.
  bool read(const Frame& frame, Request& request, Verdict& verdict) {
    const Parsed parsed = parse_dhcp4(frame.bytes);
    if (!parsed.message) {
      verdict = forwarded(parsed.reason);
    } else if (!trusted(*parsed.message, policy->trusted_relays)) {
      verdict = forwarded(Reason::untrusted_relay);
    } else {
      request = fingerprint.of(*parsed.message, frame.port, *policy);
      memory->prefetch(request);
      return true;
    }
    return false;
  }

  Verdict decide(const Frame& frame, const Request& request) {
    now = std::max(now, frame.time);  // time never runs backwards
    const Decision decision = memory->observe(request, now, frame.number, *policy);
    const bool monitored = policy->mode == Mode::monitor;
    const Reason reason = monitored ? as_monitored(decision.reason) : decision.reason;
    return {.action = info(reason).action,
            .reason = reason,
            .request = true,
            .has_first = decision.has_first,
            .lag = decision.lag,
            .first_number = decision.first_number,
            .router = request.relay.router,
            .first_router = decision.first_router ? decision.first_router : request.relay.router,
            .subnet = request.subnet,
            .first_subnet = decision.first_subnet,
            .evicted = decision.evicted,
            .recalled = decision.recalled,
            .undo = decision.undo};
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
    std::fill_n(verdicts.begin(), frames.size(), forwarded(Reason::bypassed));
    return;
  }
  for (; !frames.empty(); frames = frames.subspan(std::min(kStride, frames.size())),
                          verdicts = verdicts.subspan(std::min(kStride, verdicts.size()))) {
    const size_t count = std::min(kStride, frames.size());
    std::array<Request, kStride> requests;
    std::array<bool, kStride> relayed;
    for (size_t i = 0; i < count; ++i) relayed[i] = rooms_->read(frames[i], requests[i], verdicts[i]);
    for (size_t i = 0; i < count; ++i)
      if (relayed[i]) verdicts[i] = rooms_->decide(frames[i], requests[i]);
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
