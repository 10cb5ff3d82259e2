// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <algorithm>
#include <mutex>

#include "glance.h"
#include "occupancy.h"

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

Window::Window(size_t records, Pages pages) : buckets_(buckets_for(records), pages) {}

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
  unsigned way = bucket.order.oldest();
  if (bucket.messages[way] != 0 && now - bucket.started[way] <= window) {
    way = bucket.order.victim(
        [&](unsigned other) { return bucket.records[other].relays[0].router == request.relay.router; });
  }
  return static_cast<uint32_t>(at * kSlots + way);
}

void Window::start(uint32_t slot, const Request& request, Time now, uint64_t number) {
  Bucket& home = bucket(slot);
  put(home.messages[slot % kSlots], request.message);
  put(home.started[slot % kSlots], now);
  home.order.use(slot % kSlots);
  Record& record = home.records[slot % kSlots];
  record.scope = request.scope;
  record.options = request.options;
  record.content = request.content;
  record.subnet = request.subnet;
  record.number = number;
  record.relay_count = 0;
  record.delivered = false;
  record.add(request.relay);
}

void Window::erase(uint32_t slot) {
  Bucket& home = bucket(slot);
  put(home.messages[slot % kSlots], 0);
  home.order.free(slot % kSlots);
}

void Window::clear() {
  for (Bucket& bucket : buckets_) {
    const std::lock_guard hold(bucket.lock);
    for (uint64_t& message : bucket.messages) put(message, 0);
  }
}

size_t Window::count(Time now, Duration horizon) const {
  return count_young(buckets_, &Bucket::messages, &Bucket::started, now, horizon);
}

}  // namespace relaysieve
