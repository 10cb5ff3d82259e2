// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <algorithm>
#include <bit>
#include <mutex>

namespace relaysieve {

bool Record::has(const Relay& relay) const {
  return std::find(relays.begin(), relays.begin() + relay_count, relay) != relays.begin() + relay_count;
}

bool Record::has_other_subnet_of(const Relay& relay) const {
  return std::any_of(relays.begin(), relays.begin() + relay_count, [&](const Relay& known) {
    return known.router == relay.router && known.asked != relay.asked;
  });
}

bool Record::add(const Relay& relay) {
  if (relay_count == kRelays) return false;
  relays[relay_count++] = relay;
  return true;
}

void Record::remove(const Relay& relay) {
  const auto end = relays.begin() + relay_count;
  relay_count = static_cast<uint8_t>(std::remove(relays.begin(), end, relay) - relays.begin());
}

Window::Window(size_t records, Pages pages) : buckets_(std::bit_ceil((records + kWays - 1) / kWays), pages) {}

uint32_t Window::find(const Request& request) const {
  uint32_t found = kNowhere;
  siblings(request, [&](uint32_t slot) {
    const Record& record = (*this)[slot];
    if (record.scope == request.scope && record.options == request.options) found = slot;
  });
  return found;
}

uint32_t Window::claim(const Request& request, Time now, Duration window) const {
  const size_t at = home(request);
  const Bucket& bucket = buckets_[at];
  size_t oldest = 0;
  for (size_t way = 0; way < kWays; ++way) {
    if (bucket.messages[way] == 0) return static_cast<uint32_t>(at * kStride + way);
    if (bucket.started[way] < bucket.started[oldest]) oldest = way;
  }
  if (now - bucket.started[oldest] <= window) oldest = oldest_of(request.relay.router, at, oldest);
  return static_cast<uint32_t>(at * kStride + oldest);
}

// The oldest record that first came through this router, if most of the bucket did; else `oldest`.
size_t Window::oldest_of(uint32_t router, size_t at, size_t oldest) const {
  const Bucket& bucket = buckets_[at];
  size_t own = 0, found = oldest;
  for (size_t way = 0; way < kWays; ++way) {
    if (bucket.records[way].relays[0].router != router) continue;
    if (own++ == 0 || bucket.started[way] < bucket.started[found]) found = way;
  }
  return own > kWays / 2 ? found : oldest;
}

void Window::start(uint32_t slot, const Request& request, Time now, uint64_t number) {
  Bucket& home = bucket(slot);
  home.messages[slot % kStride] = request.message;
  home.started[slot % kStride] = now;
  Record& record = home.records[slot % kStride];
  record.scope = request.scope;
  record.options = request.options;
  record.content = request.content;
  record.number = number;
  record.relay_count = 0;
  record.delivered = false;
  record.add(request.relay);
}

void Window::clear() {
  for (Bucket& bucket : buckets_) {
    const std::lock_guard hold(bucket.lock);
    bucket.messages.fill(0);
  }
}

}  // namespace relaysieve
