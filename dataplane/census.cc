// SPDX-License-Identifier: Apache-2.0
#include "census.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "absl/container/flat_hash_set.h"

namespace relaysieve {
namespace {

uint64_t key_of(uint64_t first, uint64_t second) { return first << 32 | second; }
uint64_t key_of(uint32_t router) { return key_of(Verdict::kFirstRouter + 1, router); }  // and no pair's
uint32_t first_bits(uint32_t router) { return router & Verdict::kFirstRouter; }

Time time_of(const Counter& ns) { return Time(static_cast<int64_t>(ns.get())); }

bool is_rewritten(Reason reason) {
  return reason == Reason::rewritten || reason == Reason::second_copy_rewritten ||
         reason == Reason::would_drop_second_copy_rewritten;
}

bool is_echo(Reason reason) { return reason == Reason::echo || reason == Reason::would_drop_echo; }

}  // namespace

Census::Census() : relays_(kRelays + 1, Pages::lazy), pairs_(kPairs, Pages::lazy) {
  relay_at_.reserve(kRelays);  // note() allocates nothing
  pair_at_.reserve(kPairs);
}

void Census::note(const Frame& frame, const Verdict& verdict) {
  if (!verdict.request) return;
  const Latest& latest = latest_of(key_of(verdict.router));
  if (latest.key != key_of(verdict.router)) return meet(frame, verdict);
  Relay& relay = relays_[latest.place];
  relay.reasons[static_cast<size_t>(verdict.reason)].add(1);
  relay.last_seen.set(static_cast<uint64_t>(frame.time.count()));

  if (is_echo(verdict.reason)) {
    echo_.add(verdict.lag);
  } else if (!verdict.has_first && verdict.lag != Duration::zero()) {
    repeat_.add(verdict.lag);
  } else if (verdict.has_pair()) {
    note_pair(verdict);
  }
}

// One that is not among the latest: it is from here on.
void Census::meet(const Frame& frame, const Verdict& verdict) {
  const uint64_t key = key_of(verdict.router);
  latest_of(key) = {key, place_of(frame, verdict.router)};
  note(frame, verdict);
}

uint32_t Census::place_of(const Frame& frame, uint32_t router) {
  if (const auto known = relay_at_.find(router); known != relay_at_.end()) return known->second;
  const uint32_t place = relay_count_.load(std::memory_order_relaxed);
  if (place == kRelays) return place;
  Relay& relay = relays_[place];
  relay.router = router;
  relay.name = relay_of(frame);
  relay.first_seen.set(static_cast<uint64_t>(frame.time.count()));
  relay_at_.emplace(router, place);
  relay_count_.store(place + 1, std::memory_order_release);
  return place;
}

uint32_t Census::place_of_pair(uint32_t first, uint32_t second) {
  const uint64_t key = key_of(first, second);
  if (const auto known = pair_at_.find(key); known != pair_at_.end()) return known->second;
  const uint32_t place = pair_count_.load(std::memory_order_relaxed);
  if (place == kPairs) return place;
  pairs_[place].first = first;
  pairs_[place].second = second;
  pair_at_.emplace(key, place);
  pair_count_.store(place + 1, std::memory_order_release);
  return place;
}

void Census::note_pair(const Verdict& verdict) {
  if (verdict.has_first) lag_.add(verdict.lag);
  const uint32_t first = first_bits(verdict.first_router);
  const uint64_t key = key_of(first, verdict.router);
  Latest& latest = latest_of(key);
  if (latest.key != key) latest = {key, place_of_pair(first, verdict.router)};
  if (latest.place == kPairs) return other_pairs_.add(verdict.has_first);
  Pair& pair = pairs_[latest.place];
  if (verdict.has_first) pair.lag.add(verdict.lag);
  if (verdict.reason == Reason::twin_other_scope) note_twin(pair, verdict);
  pair.rewritten.add(is_rewritten(verdict.reason));
  pair.late.add(verdict.reason == Reason::late_copy);
}

void Census::note_twin(Pair& pair, const Verdict& verdict) {
  pair.twins.add(1);
  if (verdict.first_subnet == 0 || verdict.subnet == 0)
    return;  // a group's scope, a VRF's or IPv6's has no address here
  pair.twin_bits[std::countl_zero(verdict.first_subnet ^ verdict.subnet)].add(1);
  const uint64_t both = key_of(verdict.first_subnet, verdict.subnet);
  for (Counter& known : pair.twin_of) {
    if (known.get() == both) return;
    if (known.get() == 0) return known.set(both);
  }
}

uint64_t CensusTotals::Relay::copies() const {
  return std::accumulate(reasons.begin(), reasons.end(), uint64_t{0});
}

CensusTotals::CensusTotals(std::span<const Census* const> threads) {
  for (const Census* thread : threads) add_relays(*thread);
  for (const Census* thread : threads) add_pairs(*thread);
}

CensusTotals::Relay& CensusTotals::sum_of(const Census::Relay& relay) {
  const auto known = relay_at_.find(relay.router);
  if (known != relay_at_.end()) return relays[known->second];
  if (relays.size() == Census::kRelays) return others;
  relay_at_.emplace(relay.router, relays.size());
  first_at_.try_emplace(first_bits(relay.router), relays.size());
  return relays.emplace_back(
      Relay{.router = relay.router, .name = relay.name, .first_seen = time_of(relay.first_seen)});
}

void CensusTotals::add_relays(const Census& thread) {
  const auto add = [](Relay& sum, const Census::Relay& relay) {
    for (size_t i = 0; i < kReasonCount; ++i) sum.reasons[i] += relay.reasons[i].get();
    sum.first_seen = std::min(sum.first_seen, time_of(relay.first_seen));
    sum.last_seen = std::max(sum.last_seen, time_of(relay.last_seen));
  };
  const uint32_t count = thread.relay_count_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) add(sum_of(thread.relays_[i]), thread.relays_[i]);
  add(others, thread.relays_[Census::kRelays]);
}

void CensusTotals::add_pairs(const Census& thread) {
  const uint32_t count = thread.pair_count_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    const Census::Pair& pair = thread.pairs_[i];
    const auto first = first_at_.find(pair.first), second = relay_at_.find(pair.second);
    const bool named = first != first_at_.end() && second != relay_at_.end();
    auto at = named ? pair_at_.find(key_of(pair.first, pair.second)) : pair_at_.end();
    if (named && at == pair_at_.end() && pairs.size() < Census::kPairs) {
      at = pair_at_.emplace(key_of(pair.first, pair.second), pairs.size()).first;
      pairs.push_back({.first = first->second, .second = second->second, .lag = {}, .twin_of = {}});
    }
    if (at == pair_at_.end()) {
      other_pairs += pair.lag.count();
      continue;
    }
    Pair& sum = pairs[at->second];
    sum.lag.add(pair.lag);
    sum.twins += pair.twins.get();
    sum.rewritten += pair.rewritten.get();
    sum.late += pair.late.get();
    for (size_t bits = 0; bits < sum.twin_bits.size(); ++bits)
      sum.twin_bits[bits] += pair.twin_bits[bits].get();
    for (const Counter& twin : pair.twin_of) {
      const std::pair both = {static_cast<uint32_t>(twin.get() >> 32), static_cast<uint32_t>(twin.get())};
      if (twin.get() != 0 && std::ranges::find(sum.twin_of, both) == sum.twin_of.end())
        sum.twin_of.push_back(both);
    }
  }
  other_pairs += thread.other_pairs_.get();
  lag.add(thread.lag_);
  echo.add(thread.echo_);
  repeat.add(thread.repeat_);
}

size_t relays_heard(std::span<const Census* const> threads) {
  absl::flat_hash_set<uint32_t> routers;
  for (const Census* thread : threads) {
    const uint32_t count = thread->relay_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < count; ++i) routers.insert(thread->relays_[i].router);
  }
  return routers.size();
}

}  // namespace relaysieve
