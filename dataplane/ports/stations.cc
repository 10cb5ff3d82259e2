// SPDX-License-Identifier: Apache-2.0
#include "ports/stations.h"

namespace relaysieve {
namespace {

constexpr auto kNoOrder = std::memory_order_relaxed;
constexpr int64_t kGrain = 100'000'000;  // ns; how often a busy station's line is written

}  // namespace

uint64_t Stations::number_of(const uint8_t* mac) {
  uint64_t number = 0;
  for (int i = 0; i < 6; ++i) number = number << 8 | mac[i];
  return number;
}

void Stations::hear(const uint8_t* mac, uint8_t port, Time now) {
  if (group(mac)) return;
  const uint64_t number = number_of(mac);
  Set& set = sets_[set_of(number)];
  Station* place = &set.ways[0];
  for (Station& station : set.ways) {
    if (station.who.load(kNoOrder) >> 16 == number) {
      place = &station;
      break;
    }
    if (station.when.load(kNoOrder) < place->when.load(kNoOrder)) place = &station;
  }
  const uint64_t who = number << 16 | uint64_t{port} << 1 | 1;
  if (place->who.load(kNoOrder) != who) place->who.store(who, kNoOrder);
  if (place->when.load(kNoOrder) + kGrain <= now.count()) place->when.store(now.count(), kNoOrder);
}

std::optional<uint8_t> Stations::find(const uint8_t* mac, Time now) const {
  if (group(mac)) return std::nullopt;
  const uint64_t number = number_of(mac);
  for (const Station& station : sets_[set_of(number)].ways) {
    const uint64_t who = station.who.load(kNoOrder);
    if ((who & 1) == 0 || who >> 16 != number) continue;
    const Time when(station.when.load(kNoOrder));
    if (now - when > kMemory) return std::nullopt;
    return static_cast<uint8_t>(who >> 1);
  }
  return std::nullopt;
}

void Stations::forget(uint8_t port) {
  for (Set& set : sets_) {
    for (Station& station : set.ways) {
      uint64_t who = station.who.load(kNoOrder);
      if ((who & 1) && static_cast<uint8_t>(who >> 1) == port)
        station.who.compare_exchange_strong(who, 0, kNoOrder);
    }
  }
}

}  // namespace relaysieve
