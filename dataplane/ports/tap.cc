// SPDX-License-Identifier: Apache-2.0
#include "ports/tap.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

namespace relaysieve {
namespace {

std::span<const uint8_t> bytes_of(const TapRecord& record) {
  return {reinterpret_cast<const uint8_t*>(&record), sizeof record};
}

bool is_of(const ClientId& client, std::span<const uint8_t> frame) {
  const auto message = find_dhcp(frame);
  return message && message->is_of(client);
}

}  // namespace

Taps::Taps(unsigned workers, size_t ports, size_t ring)
    : workers_(workers), ports_(ports), presence_(workers) {
  for (Tap& tap : taps_)
    for (unsigned i = 0; i < workers; ++i) tap.lanes.push_back(std::make_unique<Lane>(ports, ring));
}

std::vector<uint64_t> Taps::lost_ever(const Tap& tap) const {
  std::vector<uint64_t> lost(ports_);
  for (const auto& lane : tap.lanes)
    for (size_t port = 0; port < ports_; ++port) lost[port] += lane->lost[port].get();
  return lost;
}

std::vector<uint64_t> Taps::lost(unsigned tap) const {
  std::vector<uint64_t> lost = lost_ever(taps_[tap]);
  std::ranges::transform(lost, taps_[tap].lost_before, lost.begin(), std::minus());
  return lost;
}

std::optional<unsigned> Taps::open(const TapFilter& filter) {
  const std::lock_guard hold(opening_);
  const auto free = std::ranges::find(taps_, false, &Tap::taken);
  if (free == taps_.end()) return std::nullopt;
  free->taken = true;
  free->filter = filter;
  free->lost_before = lost_ever(*free);
  for (const auto& lane : free->lanes) lane->ring.prepare();
  const auto tap = static_cast<unsigned>(free - taps_.begin());
  open_.fetch_or(uint32_t{1} << tap, std::memory_order_seq_cst);
  return tap;
}

bool Taps::take(unsigned tap, unsigned worker, TapRecord& record, std::vector<uint8_t>& bytes) {
  if (!taps_[tap].lanes[worker]->ring.take(bytes)) return false;
  std::memcpy(&record, bytes.data(), sizeof record);
  bytes.erase(bytes.begin(), bytes.begin() + sizeof record);
  return true;
}

// A worker enters and then reads open_; here it is the other way round: so one of the two sees the other.
void Taps::close(unsigned tap) {
  open_.fetch_and(~(uint32_t{1} << tap), std::memory_order_seq_cst);
#ifndef RELAYSIEVE_RACY  // tests/stress builds it without, too
  for (const Presence& worker : presence_)
    while (worker.inside.load(std::memory_order_seq_cst))
      std::this_thread::sleep_for(std::chrono::microseconds(100));
#endif
  TapRecord record;
  std::vector<uint8_t> bytes;
  const std::lock_guard hold(opening_);
  for (unsigned i = 0; i < workers_; ++i) {
    while (take(tap, i, record, bytes)) {
    }
    taps_[tap].lanes[i]->ring.give_back();
  }
  taps_[tap].taken = false;
}

void Taps::Visitor::enter() {
  taps_.presence_[worker_].inside.store(true, std::memory_order_seq_cst);
  open_ = taps_.open_.load(std::memory_order_seq_cst);
  for (uint32_t left = open_; left != 0; left &= left - 1)
    wanted_ |= taps_.taps_[std::countr_zero(left)].filter.reasons;
  if (open_ == 0) leave();
}

void Taps::Visitor::leave() {
  open_ = 0;
  wanted_ = 0;
  taps_.presence_[worker_].inside.store(false, std::memory_order_release);
}

void Taps::Visitor::offer(const Frame& frame, const Verdict& verdict, uint32_t length) {
  hand_out({.time = frame.time,
            .number = frame.number,
            .first_number = verdict.first_number,
            .lag = verdict.lag,
            .router = verdict.router,
            .first_router = verdict.first_router,
            .length = length,
            .port = static_cast<uint8_t>(frame.port),
            .reason = verdict.reason,
            .has_first = verdict.has_first},
           frame.bytes);
}

void Taps::Visitor::see_refused(const Frame& frame, Reason reason) {
  if (!anyone_for(reason)) return;
  hand_out({.time = frame.time,
            .number = frame.number,
            .port = static_cast<uint8_t>(frame.port),
            .reason = reason,
            .refused = true},
           {});
}

void Taps::Visitor::hand_out(const TapRecord& record, std::span<const uint8_t> bytes) {
  for (uint32_t left = open_; left != 0; left &= left - 1) {
    const Tap& tap = taps_.taps_[std::countr_zero(left)];
    if (!tap.filter.wants(record.reason)) continue;
    if (tap.filter.client && !record.refused && !is_of(*tap.filter.client, bytes)) continue;
    Lane& lane = *tap.lanes[worker_];
    const auto kept = bytes.first(std::min<size_t>(bytes.size(), tap.filter.longest));
    if (!lane.ring.put(bytes_of(record), kept)) lane.lost[record.port].add(1);
  }
}

}  // namespace relaysieve
