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

bool bit(const Address& ip, unsigned n) { return (n < 64 ? ip.high >> (63 - n) : ip.low >> (127 - n)) & 1; }

Address first_bits(const Address& ip, unsigned bits) {
  Address network;
  for (unsigned n = 0; n < bits; ++n)
    if (bit(ip, n)) (n < 64 ? network.high : network.low) |= uint64_t{1} << (63 - n % 64);
  return network;
}

bool holds(const Networks& networks, const Address& ip) {
  return std::ranges::any_of(networks, [&](const Network& network) {
    return first_bits(ip, network.bits) == first_bits(network.address, network.bits);
  });
}

bool trusted(const Address& source, const Address& asked, const Policy& policy) {
  if (policy.trusted_relays.empty()) return true;
  return holds(policy.trusted_relays, source) && (asked == Address() || holds(policy.trusted_relays, asked));
}

// `bits`: how many of an address's 128 a subnet has.
Scope scope_of(const Address& address, const Bytes& vrf, unsigned bits, const Policy& policy) {
  if (policy.scope == ScopeRule::any) return {};
  for (size_t n = 0; n < policy.relay_groups.size(); ++n)
    if (holds(policy.relay_groups[n], address)) return {true, Address::of(0, n), vrf};
  return {false, first_bits(address, policy.scope == ScopeRule::exact ? 128 : bits), vrf};
}

bool identifies(const Option& option) {
  return option.code == kRequestedAddress || option.code == kServerId || option.code == kClientId;
}

std::optional<Reason> passes(const Copy& copy, const Policy& policy) {
  const Transmission& sent = copy.sent;
  if (copy.fragment & 0x3fff) return Reason::fragment;  // more fragments, or an offset
  if (copy.destination_port != 67) return Reason::not_dhcp;
  if (sent.op == 2) return Reason::reply;
  if (sent.op != 1 || sent.hlen > 16) return Reason::malformed_bootp;
  if (copy.relay.giaddr == 0 || copy.server.ip >> 28 >= 0xe) return Reason::direct;
  if (sent.type() == kLeasequery) return Reason::leasequery;
  if (!trusted(copy.relay.ip, copy.relay.giaddr, policy)) return Reason::untrusted_relay;
  return {};
}

std::optional<Reason> passes(const Copy6& copy, const Address& link, const Policy& policy) {
  if (copy.destination_port != 547) return Reason::not_dhcp;
  if (copy.server.high >> 56 == 0xff) return Reason::direct;
  if (copy.sent.type == kReply6) return Reason::reply;
  if (copy.sent.type == kLeasequery6) return Reason::leasequery;
  if (!trusted(copy.relay.ip, link, policy)) return Reason::untrusted_relay;
  if (std::ranges::count(copy.sent.options, kIaPd, &Option6::code) && !policy.dedup_prefix_delegation)
    return Reason::prefix_delegation;
  return {};
}

}  // namespace

Reading read(const Copy& copy, const Policy& policy) {
  const Transmission& sent = copy.sent;
  Bytes option82, link, vrf;
  Options content, identity;
  unsigned overload = 0;
  for (const Option& option : sent.cookie ? sent.options : Options()) {
    if (option.code == kRelayInfo) {
      put(option82, option.value);
    } else if (option.code != kPad) {
      content.push_back(option);
      if (identifies(option)) identity.push_back(option);
      if (option.code == kOverload) overload = option.value.at(0);
    }
  }
  const bool plain = sent.type() == 0;
  if (plain || overload & 1) content.push_back({kPad, sent.file});
  if (plain || overload & 2) content.push_back({kPad, sent.sname});
  if (plain) identity.insert(identity.end(), {{kPad, sent.file}, {kPad, sent.sname}});
  for (size_t i = 0; i < option82.size(); i += 2u + option82[i + 1]) {
    const Bytes value(&option82[i] + 2, &option82[i] + 2 + option82[i + 1]);
    if (option82[i] == 5 && value.size() == 4 && link.empty()) link = value;
    if (option82[i] == 151 && vrf.empty()) vrf = value;
  }
  Ip subnet = copy.relay.giaddr;
  if (!link.empty()) subnet = Ip{link[0]} << 24 | Ip{link[1]} << 16 | Ip{link[2]} << 8 | link[3];

  Bytes name = {sent.htype, sent.hlen}, asked = {sent.type()};
  put(name, sent.chaddr);
  put32(asked, sent.xid), put16(asked, sent.secs), put32(asked, sent.ciaddr);
  const Who who = {vlans_of(copy.tags, policy), server_of(copy.server.ip, policy), name};
  const Scope scope = scope_of(subnet, vrf, 96u + policy.subnet_bits, policy);
  return {
      .passes = passes(copy, policy),
      .message = {who, asked},
      .scope = scope,
      .key_options = policy.match == Match::content ? content : identity,
      .content = content,
      .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip, {}}, {copy.relay.giaddr, link}, option82},
      .client = {who, scope},
      .type = sent.type()};
}

Reading read(const Copy6& copy, const Policy& policy) {
  const Transmission6& sent = copy.sent;
  Bytes name, asked = {sent.type}, ids;
  put32(asked, sent.transaction);
  for (const Option6& option : sent.options) {
    if (option.code == kDuid) name = option.value;
    if (option.code == kElapsedTime) put(asked, option.value);
  }
  if (name.empty())
    for (unsigned n = 0; n < 128; ++n) name.push_back(bit(sent.peer, n));
  // From the outermost relay to the client's own, whose link-address counts where it gives one.
  Address link = copy.relay.link;
  std::vector<Address> behind;
  Options6 written = copy.relay.before;
  written.insert(written.end(), copy.relay.behind.begin(), copy.relay.behind.end());
  for (size_t n = copy.through.size(); n-- > 0;) {
    const Router6& inner = copy.through[n];
    behind.push_back(inner.ip);
    if (inner.link != Address()) link = inner.link;
    written.insert(written.end(), inner.before.begin(), inner.before.end());
    written.insert(written.end(), inner.behind.begin(), inner.behind.end());
  }
  for (const Option6& option : written)
    if (option.code == kInterfaceId || option.code == kRemoteId) put(ids, encode(Options6{option}));

  const Who who = {vlans_of(copy.tags, policy), server_of(copy.server, policy), name};
  const Scope scope = scope_of(link, {}, policy.subnet6_bits, policy);
  const Options content = {{0, sent.bytes()}};
  return {.passes = passes(copy, link, policy),
          .message = {who, asked},
          .scope = scope,
          .key_options = policy.match == Match::content ? content : Options(),
          .content = content,
          .relay = {{copy.relay.port, copy.relay.mac, copy.relay.ip, behind}, {link, {}}, ids},
          .client = {who, scope},
          .type = sent.type};
}

bool asks_elsewhere(const Relays& relays, const Relay& relay) {
  return std::ranges::any_of(relays, [&](const Relay& known) {
    return std::get<0>(known) == std::get<0>(relay) && std::get<1>(known) != std::get<1>(relay);
  });
}

}  // namespace relaysieve::test
