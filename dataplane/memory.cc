// SPDX-License-Identifier: Apache-2.0
#include "memory.h"

#include <algorithm>
#include <mutex>

namespace relaysieve {
namespace {

// A transmission, and a transmission as brought by one relay, as keys of the forgotten.
uint64_t key_of(uint64_t message, uint32_t scope, uint32_t options) {
  return message ^ (uint64_t{scope} << 32 | options) * 0x9e3779b97f4a7c15u;
}
uint64_t key_of(uint64_t transmission, const Relay& relay) {
  return (transmission ^ (uint64_t{relay.router} << 32 | relay.asked)) * 0xff51afd7ed558ccdu + relay.circuit;
}

}  // namespace

Memory::Memory(size_t clients, Duration window, Pages pages)
    : window_(clients, pages), turns_(clients, pages), forgotten_(clients, window, pages) {}

void Memory::prefetch(const Request& request) const {
  window_.prefetch(request);
  turns_.prefetch(request);
}

Decision Memory::observe(const Request& request, Time now, uint64_t number, const Policy& policy) {
  const std::lock_guard hold(window_.lock(request));
  const uint32_t slot = window_.find(request);
  if (slot == kNowhere) {
    Decision decision = first(request, slot, now, policy);
    if (!forgotten_.empty(now)) {
      const Reason recalled = recall(request, now, policy.window);
      if (info(recalled).action == Action::drop) return {.reason = recalled, .recalled = true, .undo = {}};
      if (recalled != Reason::first_copy) decision = {.reason = recalled, .recalled = true, .undo = {}};
    }
    const uint32_t place = window_.claim(request, now, policy.window);
    decision.evicted = evict(place, now, policy.window);
    return begin(request, place, now, number, policy, decision);
  }
  const Duration age = now - window_.started(slot);
  if (age > policy.window)
    return begin(request, slot, now, number, policy, first(request, slot, now, policy));
  if (!window_[slot].has(request.relay)) return join(request, slot, now, policy);
  if (age <= policy.echo_window) return repeated(slot, now, Reason::echo);
  return begin(request, slot, now, number, policy,
               {.reason = Reason::retransmission, .lag = age, .undo = {}});
}

Decision Memory::begin(const Request& request, uint32_t slot, Time now, uint64_t number, const Policy& policy,
                       Decision decision) {
  Undo& undo = decision.undo;
  const std::lock_guard hold(turns_.lock(request));
  undo.client = turns_.begin(request, now, undo.before);
  window_.start(slot, request, now, number);
  Record& record = window_[slot];
  record.transmission = turns_[undo.client].transmission;
  if (turns_.must_wait(undo.client, request.relay, now, policy.turn_after)) {
    decision.reason = Reason::turn_passed;
    return decision;
  }
  turns_.wins(undo.client, request.relay, now, policy.turn_after);
  record.delivered = true;
  undo.what = Undo::What::record;
  undo.record = slot;
  undo.transmission = undo.after = record.transmission;
  undo.relay = request.relay;
  return decision;
}

Decision Memory::join(const Request& request, uint32_t slot, Time now, const Policy& policy) {
  Record& record = window_[slot];
  const bool other_subnet = record.has_other_subnet_of(request.relay);
  if (!record.add(request.relay)) return repeated(slot, now, Reason::over_capacity);
  const std::lock_guard hold(turns_.lock(request));
  const uint32_t client = turns_.find(request);
  if (client != kNowhere) turns_.brought(client, record.transmission, request.relay);

  if (record.delivered && !other_subnet) {
    const bool rewritten = record.content != request.content;
    return repeated(slot, now, rewritten ? Reason::second_copy_rewritten : Reason::second_copy);
  }
  if (!record.delivered && client != kNowhere &&
      turns_.must_wait(client, request.relay, now, policy.turn_after))
    return repeated(slot, now, Reason::turn_passed);

  Decision decision{.reason = other_subnet ? Reason::other_subnet_same_relay : Reason::first_copy,
                    .undo = {}};
  Undo& undo = decision.undo;
  undo.what = record.delivered ? Undo::What::relay : Undo::What::record;
  undo.record = slot;
  undo.client = client;
  undo.transmission = record.transmission;
  undo.relay = request.relay;
  record.delivered = true;
  if (client != kNowhere) {
    undo.before = turns_.standing(client);
    undo.after = undo.before.transmission;
    turns_.wins(client, request.relay, now, policy.turn_after);
  }
  return decision;
}

// Why a copy counts as the first of a transmission: the same was seen too long ago (`slot`), or its like
// beside it.
Decision Memory::first(const Request& request, uint32_t slot, Time now, const Policy& policy) const {
  if (slot != kNowhere && now - window_.started(slot) <= kLateHorizon && !window_[slot].has(request.relay))
    return repeated(slot, now, Reason::late_copy);

  uint32_t same_router = kNowhere, twin = kNowhere, rewritten = kNowhere;
  window_.siblings(request, [&](uint32_t other) {
    const Record& record = window_[other];
    if (now - window_.started(other) > policy.window) return;
    if (record.scope != request.scope && record.options == request.options)
      (record.has_other_subnet_of(request.relay) ? same_router : twin) = other;
    if (record.scope == request.scope && record.options != request.options && !record.has(request.relay))
      rewritten = other;
  });
  const auto beside = [&](Reason reason, uint32_t other) {
    return Decision{.reason = reason,
                    .first_router = window_[other].relays[0].router,
                    .first_subnet = window_[other].subnet,
                    .undo = {}};
  };
  if (same_router != kNowhere) return beside(Reason::other_subnet_same_relay, same_router);
  if (twin != kNowhere) return beside(Reason::twin_other_scope, twin);
  if (rewritten != kNowhere && policy.match == Match::content) return beside(Reason::rewritten, rewritten);
  const bool repeats = slot != kNowhere && now - window_.started(slot) <= kLateHorizon;
  return {.lag = repeats ? now - window_.started(slot) : Duration::zero(), .undo = {}};
}

Reason Memory::recall(const Request& request, Time now, Duration window) {
  const uint64_t transmission = key_of(request.message, request.scope, request.options);
  const uint64_t brought = key_of(transmission, request.relay);
  const Forgotten::Moment moment = forgotten_.at(now);
  const Forgotten::Answer known = forgotten_.knows(moment, transmission);
  if (known == Forgotten::Answer::no) return Reason::first_copy;
  if (known == Forgotten::Answer::perhaps) return Reason::over_capacity;
  if (forgotten_.knows(moment, brought) == Forgotten::Answer::yes) return Reason::evicted_retry;
  // Only if this relay can be remembered too: else its next, genuine retransmission would be dropped as well.
  return forgotten_.add(moment, brought, now + window) ? Reason::second_copy : Reason::over_capacity;
}

bool Memory::evict(uint32_t slot, Time now, Duration window) {
  if (!window_.used(slot) || now - window_.started(slot) > window) return false;
  const Record& record = window_[slot];
  if (!record.delivered) return true;  // every copy was held back: the next one must pass
  const uint64_t transmission = key_of(window_.message(slot), record.scope, record.options);
  const Forgotten::Moment moment = forgotten_.at(now);
  const Time end = window_.started(slot) + window;
  // The relays first: a request is only remembered together with all who brought it.
  for (size_t i = 0; i < record.relay_count; ++i)
    if (!forgotten_.add(moment, key_of(transmission, record.relays[i]), end)) return true;
  forgotten_.add(moment, transmission, end);
  return true;
}

void Memory::undo(const Undo& trace) {
  if (trace.what == Undo::What::nothing) return;
  const std::lock_guard hold(window_.lock(trace.record));
  Record& record = window_[trace.record];
  if (!window_.used(trace.record) || record.transmission != trace.transmission || !record.has(trace.relay))
    return;
  if (trace.what == Undo::What::record)
    window_.erase(trace.record);
  else
    record.remove(trace.relay);
  if (trace.client == kNowhere) return;
  const std::lock_guard hold_client(turns_.lock(trace.client));
  if (turns_[trace.client].transmission == trace.after) turns_.restore(trace.client, trace.before);
}

void Memory::clear(Duration window) {
  window_.clear();
  turns_.clear();
  forgotten_.clear(window);
}

Decision Memory::repeated(uint32_t slot, Time now, Reason reason) const {
  const Record& record = window_[slot];
  return {
      .reason = reason,
      .has_first = true,
      .lag = std::max(now - window_.started(slot), Duration::zero()),  // cores' clocks may differ by a burst
      .first_number = record.number,
      .first_router = record.relays[0].router,
      .undo = {}};
}

}  // namespace relaysieve
