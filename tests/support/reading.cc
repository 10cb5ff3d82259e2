// SPDX-License-Identifier: Apache-2.0
#include "support/reading.h"

#include <algorithm>

namespace relaysieve::test {

Reading read(const Copy& copy, const Policy& policy) {
  const Transmission& sent = copy.sent;
  std::vector<uint16_t> vlans;
  for (const Tag& tag : copy.tags) {
    if (tag.id != 0 && !policy.ignore_vlan) vlans.push_back(tag.id);
  }
  Ip server = copy.server.ip;
  for (const auto& group : policy.server_groups) {
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
  if (policy.scope == ScopeRule::subnet) network &= Network{0, policy.subnet_bits}.mask();
  if (policy.scope == ScopeRule::any) network = 0, vrf.clear();

  const Who who = {vlans, server, sent.htype, sent.hlen, sent.chaddr};
  const Scope scope = {network, vrf};
  return {.message = {who, sent.xid, sent.secs, sent.ciaddr, sent.type()},
          .scope = scope,
          .key_options = policy.match == Match::content ? content : identity,
          .content = content,
          .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip}, {copy.relay.giaddr, link}, option82},
          .client = {who, scope},
          .type = sent.type()};
}

bool asks_elsewhere(const Relays& relays, const Relay& relay) {
  return std::ranges::any_of(relays, [&](const Relay& known) {
    return std::get<0>(known) == std::get<0>(relay) && std::get<1>(known) != std::get<1>(relay);
  });
}

}  // namespace relaysieve::test
