// SPDX-License-Identifier: Apache-2.0
#include "turns.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "glance.h"
#include "occupancy.h"
#include "relaysieve/policy.h"

namespace relaysieve {
namespace {

// A relay among the few of one client: 2^-32 that two are taken for one.
uint32_t id_of(const Relay& relay) {
  return relay.router ^ relay.asked * 0x9e3779b1u ^ relay.circuit * 0x85ebca77u;
}

uint8_t bit_of(const Client& client, const Relay& relay) {
  const unsigned in_use = client.won | client.latest | client.previous;
  for (unsigned i = 0; i < client.relays.size(); ++i)
    if (in_use >> i & 1 && client.relays[i] == id_of(relay)) return static_cast<uint8_t>(1u << i);
  return 0;
}

uint8_t bit_for(Client& client, const Relay& relay) {
  if (const uint8_t bit = bit_of(client, relay)) return bit;
  const unsigned in_use = client.won | client.latest | client.previous;
  const auto i = static_cast<unsigned>(std::countr_one(in_use));
  if (i >= client.relays.size()) return 0;
  client.relays[i] = id_of(relay);
  return static_cast<uint8_t>(1u << i);
}

}  // namespace

Turns::Turns(size_t clients, Pages pages) : buckets_(buckets_for(clients), pages) {}

uint32_t Turns::find(const Request& request) const {
  const size_t at = home(request);
  for (unsigned way = 0; way < kWays; ++way)
    if (buckets_[at].ids[way] == request.client) return static_cast<uint32_t>(at * kSlots + way);
  return kNowhere;
}

uint32_t Turns::claim(const Request& request, Time now) {
  const size_t at = home(request);
  Bucket& bucket = buckets_[at];
  unsigned way = bucket.order.oldest();
  if (bucket.ids[way] != 0 && now - bucket.heard[way] <= kClientHorizon)
    way = bucket.order.victim(
        [&](unsigned other) { return bucket.clients[other].router == request.relay.router; });
  put(bucket.ids[way], request.client);
  // Counting from the clock and the client's hash: no record and no trace of another client, or of this one as
  // it was before it was evicted, matches a transmission of its.
  bucket.clients[way] =
      Client{.transmission = static_cast<uint32_t>(now.count() >> 10) + static_cast<uint32_t>(request.client),
             .router = request.relay.router};
  return static_cast<uint32_t>(at * kSlots + way);
}

uint32_t Turns::begin(const Request& request, Time now, ClientBefore& before) {
  uint32_t slot = find(request);
  const bool known = slot != kNowhere;
  if (!known) slot = claim(request, now);
  before = standing(slot);
  before.known = known;

  Client& client = (*this)[slot];
  if (!known || now - before.heard > kClientHorizon || client.type != request.type) {
    client.began = now;  // progress: it begins to ask anew
    client.type = request.type;
    client.won = client.latest = 0;
    ++client.transmission;  // a late copy of what it asked before belongs to no transmission that counts
  }
  ++client.transmission;
  client.previous = client.latest;
  client.latest = 0;
  client.latest = bit_for(client, request.relay);
  Bucket& bucket = buckets_[slot / kSlots];
  put(bucket.heard[slot % kSlots], now);
  bucket.order.use(slot % kSlots);
  return slot;
}

void Turns::brought(uint32_t slot, uint32_t transmission, const Relay& relay) {
  Client& client = (*this)[slot];
  if (transmission == client.transmission) client.latest |= bit_for(client, relay);
  if (transmission + 1 == client.transmission) client.previous |= bit_for(client, relay);
}

bool Turns::must_wait(uint32_t slot, const Relay& relay, Time now, Duration turn_after) const {
  const Client& client = (*this)[slot];
  const bool due = turn_after != Duration::zero() && now - client.began >= turn_after;
  return due && client.won & bit_of(client, relay) && client.previous & ~client.won;
}

void Turns::wins(uint32_t slot, const Relay& relay, Time now, Duration turn_after) {
  Client& client = (*this)[slot];
  const uint8_t bit = bit_for(client, relay);
  client.won |= bit;
  const bool due = turn_after != Duration::zero() && now - client.began >= turn_after;
  if (due && ((client.latest | client.previous) & ~client.won) == 0)
    client.won = bit;  // the turns start again
}

ClientBefore Turns::standing(uint32_t slot) const {
  const Client& c = (*this)[slot];
  return {.known = true,
          .heard = buckets_[slot / kSlots].heard[slot % kSlots],
          .began = c.began,
          .transmission = c.transmission,
          .type = c.type,
          .won = c.won,
          .latest = c.latest,
          .previous = c.previous};
}

void Turns::restore(uint32_t slot, const ClientBefore& before) {
  Bucket& bucket = buckets_[slot / kSlots];
  if (!before.known) {
    put(bucket.ids[slot % kSlots], 0);
    bucket.order.free(slot % kSlots);
    return;
  }
  put(bucket.heard[slot % kSlots], before.heard);
  Client& c = bucket.clients[slot % kSlots];
  c.began = before.began;
  c.transmission = before.transmission;
  c.type = before.type;
  c.won = before.won;
  c.latest = before.latest;
  c.previous = before.previous;
}

void Turns::clear() {
  for (Bucket& bucket : buckets_) {
    const std::lock_guard hold(bucket.lock);
    for (uint64_t& id : bucket.ids) put(id, 0);
  }
}

size_t Turns::count(Time now, Duration horizon) const {
  return count_young(buckets_, &Bucket::ids, &Bucket::heard, now, horizon);
}

}  // namespace relaysieve
