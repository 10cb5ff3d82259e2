// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <algorithm>

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

Window::Window(size_t records) : buckets_(records / kWays) {}

uint32_t Window::find(const Request& request) const {
  uint32_t found = kNowhere;
  siblings(request, [&](uint32_t slot) {
    const Record& record = (*this)[slot];
    if (record.scope == request.scope && record.options == request.options) found = slot;
  });
  return found;
}

uint32_t Window::claim(const Request& request) const {
  const size_t at = home(request);
  const auto& started = buckets_[at].started;
  const auto oldest =
      std::min_element(started.begin(), started.end()) - started.begin();  // a free one is oldest
  return static_cast<uint32_t>(at * kWays + static_cast<size_t>(oldest));
}

void Window::start(uint32_t slot, const Request& request, Time now, uint64_t number) {
  Bucket& home = bucket(slot);
  home.messages[slot % kWays] = request.message;
  home.started[slot % kWays] = now;
  Record& record = home.records[slot % kWays];
  record.scope = request.scope;
  record.options = request.options;
  record.content = request.content;
  record.number = number;
  record.relay_count = 0;
  record.delivered = false;
  record.add(request.relay);
}

void Window::erase(uint32_t slot) { bucket(slot).started[slot % kWays] = kFree; }

void Window::clear() { std::ranges::fill(buckets_, Bucket()); }

}  // namespace relaysieve
