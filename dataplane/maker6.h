// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "maker.h"
#include "relaysieve/message6.h"

namespace relaysieve {

// What the hashes of a DHCPv6 request are made of, besides its headers. Before all bytes 32 more can be read.
struct Parts6 {
  Bytes relay_ids;  // interface-id and remote-id of all relays as (code, length, value)
  Bytes behind;     // the addresses of relays that are behind others: what tells them apart
  bool whole;       // whether the message is compared as it stands, or by its identity alone
};

// From what a DHCPv6 message says to what the memory compares.
template <typename Cpu>
struct Maker6 {
  using Place = HashKeys::Place;
  using Block = typename Cpu::Block;
  KeyedHash<Cpu> hash;
  const Policy& policy;

  void make(const Message6& m, const Parts6& parts, uint16_t port, Request& request) const {
    const Block who = Cpu::both(block(server(m.server_ip), Place::kServer6), client(m));
    const Block ask = hash.block(load32(m.client.data()) | uint64_t{m.elapsed_time.value_or(0)} << 32 |
                                     uint64_t{m.elapsed_time.has_value()} << 48,
                                 0, Place::kAsk6);
    const uint64_t message = Cpu::high(Cpu::both(who, ask));
    const uint32_t content = short_hash(m.client);
    request.who = Cpu::low(who);
    request.key.scope = scope(m.link_address);
    request.key.message = static_cast<uint32_t>(message);
    request.key.options = static_cast<uint32_t>(message >> 32) ^ (parts.whole ? content : 0);
    request.key.who = static_cast<uint16_t>(request.who >> 16);
    request.key.content = static_cast<uint16_t>(content);
    request.router = router(m, parts.behind, port);
    const uint32_t asked = low(block(m.link_address, Place::kAsked6));
    request.relay = relay_id(request.router, asked, m.has_relay_ids ? short_hash(parts.relay_ids) : 0);
    request.type = m.type;
    request.family = Family::v6;
  }

 private:
  static uint32_t low(Block block) { return static_cast<uint32_t>(Cpu::low(block)); }
  Block block(const Address& address, Place place) const {
    return hash.block(address.low, address.high, place);
  }
  uint32_t short_hash(Bytes bytes) const { return low(hash.bytes(bytes.data(), bytes.size())); }

  // A server group stands for its members: its number, where no server is (::/96).
  Address server(const Address& ip) const {
    if (policy.server_groups.empty()) return ip;
    const std::optional<uint32_t> group = server_group(ip, policy);
    return group ? Address::of(0, *group + 1) : ip;
  }

  // By its DUID, or where it tells none by its address on the link.
  Block client(const Message6& m) const {
    const uint64_t name = m.duid.empty() ? Cpu::low(block(m.peer_address, Place::kPeer6))
                                         : Cpu::low(hash.bytes(m.duid.data(), m.duid.size()));
    const uint64_t vlans = policy.ignore_vlan ? 0 : uint64_t{m.vlans[0]} << 16 | m.vlans[1];
    return hash.block(name, vlans | uint64_t{m.duid.empty()} << 32, Place::kClient6);
  }

  // Relays behind one and the same other relay are told apart by their own addresses.
  uint32_t router(const Message6& m, Bytes behind, uint16_t port) const {
    uint64_t mac = uint64_t{port} << 48;
    for (size_t i = 0; i < 6; ++i) mac |= uint64_t{m.source_mac[i]} << 8 * i;
    const uint64_t others = behind.empty() ? 0 : Cpu::low(hash.bytes(behind.data(), behind.size()));
    return low(Cpu::both(hash.block(mac, others, Place::kMac6), block(m.source_ip, Place::kRouter6)));
  }

  uint32_t scope(const Address& link) const {
    if (policy.scope == ScopeRule::any) return 0;
    if (!policy.relay_groups.empty())
      if (const std::optional<uint32_t> group = relay_group(link, policy)) return kGroups + *group;
    const Address network = link.network(policy.scope == ScopeRule::exact ? 128 : policy.subnet6_bits);
    return kHashed | low(block(network, Place::kScope6));
  }
};

}  // namespace relaysieve
