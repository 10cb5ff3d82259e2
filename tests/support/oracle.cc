// SPDX-License-Identifier: Apache-2.0
#include "support/oracle.h"

#include <algorithm>
#include <utility>

namespace relaysieve::test {

Oracle::Seen Oracle::look_at(const Copy& copy) const {
  const test::Transmission& sent = copy.sent;
  std::vector<uint16_t> vlans;
  for (const Tag& tag : copy.tags) {
    if (tag.id != 0 && !policy_.ignore_vlan) vlans.push_back(tag.id);
  }
  Ip server = copy.server.ip;
  for (const auto& group : policy_.server_groups) {
    if (std::count(group.begin(), group.end(), server)) server = group.front();
  }
  Bytes option82, link, vrf;
  Options content, identity;
  for (const Option& option : sent.options) {
    if (option.code == kRelayInfo) {
      put(option82, option.value);
    } else if (option.code != kPad) {
      content.push_back(option);
      if (option.code == kRequestedAddress || option.code == kServerId || option.code == kClientId)
        identity.push_back(option);
    }
  }
  for (size_t i = 0; i < option82.size(); i += 2u + option82[i + 1]) {
    const Bytes value(&option82[i] + 2, &option82[i] + 2 + option82[i + 1]);
    if (option82[i] == 5 && value.size() == 4) link = value;
    if (option82[i] == 151) vrf = value;
  }
  Ip network = copy.relay.giaddr;
  if (!link.empty()) network = Ip{link[0]} << 24 | Ip{link[1]} << 16 | Ip{link[2]} << 8 | link[3];
  if (policy_.scope == ScopeRule::subnet) network &= Network{0, policy_.subnet_bits}.mask();
  if (policy_.scope == ScopeRule::any) network = 0, vrf.clear();

  const Who who = {vlans, server, sent.htype, sent.hlen, sent.chaddr};
  const Scope scope = {network, vrf};
  return {.message = {who, sent.xid, sent.secs, sent.ciaddr, sent.type()},
          .scope = scope,
          .key_options = policy_.match == Match::content ? content : identity,
          .content = content,
          .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip}, {copy.relay.giaddr, link}, option82},
          .client = {who, scope},
          .type = sent.type()};
}

Reason Oracle::judge(Time time, const Copy& copy) {
  now_ = std::max(now_, time);
  const Seen seen = look_at(copy);
  auto& siblings = records_[seen.message];
  const auto found = siblings.find({seen.scope, seen.key_options});
  Record* record = found == siblings.end() ? nullptr : &found->second;
  Client& client = clients_[seen.client];

  const bool fresh = !record || !inside(*record);
  const bool again = !fresh && record->transmission->brought.contains(seen.relay);
  if (again && now_ - record->began <= policy_.echo_window) return Reason::echo;

  Reason reason = Reason::retransmission;
  if (fresh || again) {  // a transmission begins
    if (fresh) reason = reason_of_first(seen, record);
    record = &siblings[{seen.scope, seen.key_options}];
    *record = {now_, seen.content, std::make_shared<Transmission>()};
    record->transmission->brought.insert(seen.relay);
    begin(client, seen, record->transmission);
  } else {  // another relay brings it
    const bool elsewhere = asks_elsewhere(record->transmission->brought, seen.relay);
    record->transmission->brought.insert(seen.relay);
    reason = elsewhere ? Reason::other_subnet_same_relay : Reason::first_copy;
    if (record->transmission->won && !elsewhere)
      return seen.content == record->content ? Reason::second_copy : Reason::second_copy_rewritten;
  }
  const bool undecided = !record->transmission->won;
  if (undecided && must_wait(client, seen.relay)) return Reason::turn_passed;
  record->transmission->won = true;
  wins(client, seen.relay);
  return reason;
}

Reason Oracle::reason_of_first(const Seen& seen, const Record* old) const {
  if (old && now_ - old->began <= kLateHorizon && !old->transmission->brought.contains(seen.relay))
    return Reason::late_copy;
  bool same_router = false, twin = false, rewritten = false;
  for (const auto& [key, record] : records_.at(seen.message)) {
    if (!inside(record)) continue;
    const auto& [scope, options] = key;
    const Relays& brought = record.transmission->brought;
    if (scope != seen.scope && options == seen.key_options) {
      (asks_elsewhere(brought, seen.relay) ? same_router : twin) = true;
    } else if (scope == seen.scope && !brought.contains(seen.relay)) {
      rewritten = policy_.match == Match::content;
    }
  }
  if (same_router) return Reason::other_subnet_same_relay;
  if (twin) return Reason::twin_other_scope;
  return rewritten ? Reason::rewritten : Reason::first_copy;
}

void Oracle::begin(Client& client, const Seen& seen, std::shared_ptr<Transmission> transmission) {
  const bool known = client.latest && now_ - client.heard <= kClientHorizon;
  if (!known || client.type != seen.type) client = {.asking_since = now_, .type = seen.type};
  client.heard = now_;
  client.previous = std::exchange(client.latest, std::move(transmission));
}

bool Oracle::turns_due(const Client& client) const {
  return policy_.turn_after != Duration::zero() && now_ - client.asking_since >= policy_.turn_after;
}

bool Oracle::must_wait(const Client& client, const Relay& relay) const {
  if (!turns_due(client) || !client.won.contains(relay) || !client.previous) return false;
  return !std::ranges::includes(client.won, client.previous->brought);
}

void Oracle::wins(Client& client, const Relay& relay) {
  client.won.insert(relay);
  if (!turns_due(client)) return;
  for (const auto& transmission : {client.latest, client.previous}) {
    if (transmission && !std::ranges::includes(client.won, transmission->brought)) return;
  }
  client.won = {relay};
}

bool Oracle::asks_elsewhere(const Relays& relays, const Relay& relay) {
  return std::ranges::any_of(relays, [&](const Relay& known) {
    return std::get<0>(known) == std::get<0>(relay) && std::get<1>(known) != std::get<1>(relay);
  });
}

}  // namespace relaysieve::test
