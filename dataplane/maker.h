// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>

#include "groups.h"
#include "keyed_hash.h"
#include "relaysieve/policy.h"
#include "relaysieve/request.h"
#include "short_way.h"

namespace relaysieve {

// Scopes that are no IPv4 network. One that holds a unicast address begins below 224.0.0.0, however short its prefix:
// what lies above is free to tell the others apart from it.
inline constexpr uint32_t kGroups = 0xe0000000, kHashed = 0xf0000000;

// Bytes of a frame as a number in the machine's own order.
template <typename Number>
Number number(const uint8_t* bytes) {
  Number n;
  std::memcpy(&n, bytes, sizeof n);
  return n;
}
// Six of eight that can be read.
uint64_t first_6(const uint8_t* bytes) {
  constexpr uint64_t kMask = relaysieve::number({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  return number<uint64_t>(bytes) & kMask;
}

// From what a frame says to what the memory compares.
template <typename Cpu>
struct Maker {
  using Place = HashKeys::Place;
  KeyedHash<Cpu> hash;
  const Policy& policy;
  // What of it each frame asks for.
  const uint64_t vlan_mask;
  const uint32_t network_mask;
  const bool server_groups, relay_groups, all_trusted;

  Maker(const HashKeys& keys, const Policy& p)
      : hash{keys},
        policy(p),
        vlan_mask(p.ignore_vlan ? 0 : ~uint64_t{0}),
        network_mask(network_mask_of(p)),
        server_groups(!p.server_groups.empty()),
        relay_groups(p.scope != ScopeRule::any && !p.relay_groups.empty()),
        all_trusted(p.trusted_relays.empty()) {}

  static uint32_t network_mask_of(const Policy& p) {
    if (p.scope == ScopeRule::any) return 0;
    return mask_of(p.scope == ScopeRule::exact ? 32 : p.subnet_bits);
  }

  // `content` and `options`: hashes of all the options, and of those that count under the policy's `match`.
  void make(const Parts& p, uint32_t content, uint32_t options, uint16_t port, Request& request) const {
    const uint8_t* b = p.bootp;
    // A server group stands for its members: its number, in the network 0.0.0.0/8 where no server is.
    const uint32_t server =
        server_groups ? server_group(p.server_ip, policy).value_or(p.server_ip) : p.server_ip;
    const auto who =
        Cpu::both(hash.block(server | (p.vlans & vlan_mask), number<uint16_t>(b + bootp::kHtype),  // and hlen
                             Place::kServer),
                  hash.block(Cpu::load(b + bootp::kChaddr), Place::kChaddr));
    const auto ask = hash.block(first_6(b + bootp::kXid) | uint64_t{p.type} << 48,  // secs lies behind xid
                                number<uint32_t>(b + bootp::kCiaddr), Place::kAsk);
    const uint64_t message = Cpu::high(Cpu::both(who, ask));
    request.who = Cpu::low(who);
    request.key.scope = scope(static_cast<uint32_t>(p.subnet), p.vrf);
    request.key.message = static_cast<uint32_t>(message);
    request.key.options = static_cast<uint32_t>(message >> 32) ^ options;
    request.key.who = static_cast<uint16_t>(request.who >> 16);
    request.key.content = static_cast<uint16_t>(content);
    request.router = static_cast<uint32_t>(
        Cpu::low(hash.block(first_6(p.source_mac) | uint64_t{port} << 48, p.source_ip, Place::kRouter)));
    const auto asked = static_cast<uint32_t>(
        Cpu::low(hash.block(p.giaddr | p.subnet << 32, p.has_link_selection, Place::kAsked)));
    request.relay =
        relay_id(request.router, asked, p.relay_info.data() != nullptr ? short_hash(p.relay_info) : 0);
    request.type = p.type;
    request.family = Family::v4;
  }

  uint32_t short_hash(Bytes bytes) const {
    return static_cast<uint32_t>(Cpu::low(hash.bytes(bytes.data(), bytes.size())));
  }

  uint32_t scope(uint32_t address, Bytes vrf) const {
    const uint32_t network = address & network_mask;
    if (!relay_groups && vrf.empty() && network < kGroups) return network;
    if (policy.scope == ScopeRule::any) return 0;
    const std::optional<uint32_t> group = relay_group(address, policy);
    const uint32_t scope = group ? kGroups + *group : network;
    if (vrf.empty() && (group || network < kGroups)) return scope;
    const uint64_t name = vrf.empty() ? 0 : Cpu::low(hash.bytes(vrf.data(), vrf.size()));
    return kHashed | static_cast<uint32_t>(Cpu::low(
                         hash.block(scope | uint64_t{group.has_value()} << 32, name, Place::kScope)));
  }
};

}  // namespace relaysieve
