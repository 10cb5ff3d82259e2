// SPDX-License-Identifier: Apache-2.0
#include "support/reading.h"

#include <algorithm>

namespace relaysieve::test {

namespace {

std::vector<uint16_t> vlans_of(const std::vector<Tag>& tags, const Policy& policy) {
  std::vector<uint16_t> vlans;
  for (const Tag& tag : tags) {
    if (tag.id != 0 && !policy.ignore_vlan) vlans.push_back(tag.id);
  }
  return vlans;
}

Address server_of(const Address& server, const Policy& policy) {
  for (const auto& group : policy.server_groups) {
    if (std::count(group.begin(), group.end(), server)) return group.front();
  }
  return server;
}

}  // namespace

Reading read(const Copy& copy, const Policy& policy) {
  const Transmission& sent = copy.sent;
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
  if (policy.scope == ScopeRule::subnet) network &= mask_of(policy.subnet_bits);
  if (policy.scope == ScopeRule::any) network = 0, vrf.clear();

  Bytes name = {sent.htype, sent.hlen}, asked = {sent.type()};
  put(name, sent.chaddr);
  put32(asked, sent.xid), put16(asked, sent.secs), put32(asked, sent.ciaddr);
  const Who who = {vlans_of(copy.tags, policy), server_of(copy.server.ip, policy), name};
  const Scope scope = {network, vrf};
  return {
      .message = {who, asked},
      .scope = scope,
      .key_options = policy.match == Match::content ? content : identity,
      .content = content,
      .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip, {}}, {copy.relay.giaddr, link}, option82},
      .client = {who, scope},
      .type = sent.type()};
}

// Without nested relays.
Reading read(const Copy6& copy, const Policy& policy) {
  const Transmission6& sent = copy.sent;
  Bytes name, asked = {sent.type}, ids;
  put32(asked, sent.transaction);
  for (const Option6& option : sent.options) {
    if (option.code == kDuid) name = option.value;
    if (option.code == kElapsedTime) put(asked, option.value);
  }
  if (name.empty()) name = {static_cast<uint8_t>(sent.peer.low >> 56), static_cast<uint8_t>(sent.peer.low)};
  for (const Option6& option : copy.relay.before) put(ids, option.value);
  Address network = copy.relay.link;
  if (policy.scope == ScopeRule::subnet) network.low = 0;
  if (policy.scope == ScopeRule::any) network = {};

  const Who who = {vlans_of(copy.tags, policy), server_of(copy.server, policy), name};
  const Scope scope = {network, {}};
  const Options content = {{0, sent.bytes()}};
  return {.message = {who, asked},
          .scope = scope,
          .key_options = policy.match == Match::content ? content : Options(),
          .content = content,
          .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip, {}}, {copy.relay.link, {}}, ids},
          .client = {who, scope},
          .type = sent.type};
}

bool asks_elsewhere(const Relays& relays, const Relay& relay) {
  return std::ranges::any_of(relays, [&](const Relay& known) {
    return std::get<0>(known) == std::get<0>(relay) && std::get<1>(known) != std::get<1>(relay);
  });
}

}  // namespace relaysieve::test
