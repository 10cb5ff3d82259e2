// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "relaysieve/reason.h"
#include "wire.h"

// The layers below DHCP of both families. Each takes its header off `rest`.
namespace relaysieve {

using Bytes = std::span<const uint8_t>;
using Refusal = std::optional<Reason>;  // why a frame is not for the rule

struct Ethernet {
  Bytes destination_mac, source_mac;
  std::array<uint16_t, 2> vlans{};  // outermost first; 0 = no tag
  uint16_t ethertype = 0;           // behind the tags
};

// Nothing where it breaks off, or has more than two tags.
constexpr std::optional<Ethernet> take_ethernet(Bytes& rest) {
  if (rest.size() < 14) return std::nullopt;
  Ethernet link{.destination_mac = rest.first(6), .source_mac = rest.subspan(6, 6)};
  link.ethertype = load16(&rest[12]);
  rest = rest.subspan(14);
  size_t ids = 0;
  for (size_t tags = 0; is_tag(link.ethertype); rest = rest.subspan(4)) {
    if (++tags > link.vlans.size() || rest.size() < 4) return std::nullopt;
    // 12 bits of VLAN id; 0 is a priority tag: no VLAN (IEEE 802.1Q s9.6).
    if (const uint16_t id = load16(rest.data()) & 0x0fff) link.vlans[ids++] = id;
    link.ethertype = load16(&rest[2]);
  }
  return link;
}

// A look at the Ethernet header alone: false as well where it breaks off.
constexpr bool is_ipv6(Bytes frame) {
  size_t at = 12;
  for (int tags = 0; tags < 2 && frame.size() >= at + 2 && is_tag(load16(&frame[at])); ++tags) at += 4;
  return frame.size() >= at + 2 && load16(&frame[at]) == kIpv6;
}

constexpr Refusal take_udp(Bytes& rest, uint16_t port) {
  if (rest.size() < 8) return Reason::malformed_udp;
  if (load16(&rest[2]) != port) return Reason::not_dhcp;
  const size_t length = load16(&rest[4]);
  if (length < 8 || length > rest.size()) return Reason::malformed_udp;
  rest = rest.subspan(8, length - 8);
  return {};
}

}  // namespace relaysieve
