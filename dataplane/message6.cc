// SPDX-License-Identifier: Apache-2.0
#include "relaysieve/message6.h"

#include "ipv6.h"
#include "layers.h"
#include "options6.h"

namespace relaysieve {
namespace {

// Each layer takes its header off `rest`, or says why the frame is not for the rule.

Refusal ethernet(Bytes& rest, Message6& m) {
  const auto link = take_ethernet(rest);
  if (!link || link->ethertype != kIpv6) return Reason::not_dhcp;
  m.source_mac = link->source_mac;
  m.vlans = link->vlans;
  return {};
}

Refusal ipv6(Bytes& rest, Message6& m) { return take_ipv6(rest, m.source_ip, m.server_ip); }

Refusal udp(Bytes& rest, Message6&) { return take_udp(rest, dhcp6::kServerPort); }

// Of messages that no client writes.
Refusal by_type(uint8_t type) {
  switch (type) {
    case dhcp6::kAdvertise:
    case dhcp6::kReply:
    case dhcp6::kReconfigure:
    case dhcp6::kRelayRepl:
    case dhcp6::kLeasequeryReply:
    case dhcp6::kLeasequeryDone:
    case dhcp6::kLeasequeryData:
      return Reason::reply;
    case dhcp6::kLeasequery:
      return Reason::leasequery;
    default:
      return {};
  }
}

// One RELAY-FORW: leaves in `rest` the message that it brings.
Refusal relayed(Bytes& rest, Message6& m) {
  if (rest.size() < dhcp6::kRelayHeader) return Reason::malformed_dhcp6;
  m.peer_address = address_at(&rest[18]);
  if (const Address link = address_at(&rest[2]); !link.unspecified()) m.link_address = link;
  size_t messages = 0;
  Bytes message;
  const bool whole = walk_options6(rest.subspan(dhcp6::kRelayHeader), [&](uint16_t code, Bytes value) {
    if (code == dhcp6::kRelayMessage) message = value, ++messages;
    if (code == dhcp6::kInterfaceId || code == dhcp6::kRemoteId) m.has_relay_ids = true;
  });
  if (!whole) return Reason::malformed_options;
  if (messages != 1 || message.empty()) return Reason::malformed_dhcp6;
  rest = message;
  return {};
}

Refusal relays(Bytes& rest, Message6& m) {
  if (rest.empty()) return Reason::malformed_dhcp6;
  if (const Refusal why = by_type(rest[0])) return why;
  if (rest[0] != dhcp6::kRelayForw || m.server_ip.multicast() || m.server_ip.unspecified())
    return Reason::direct;
  m.relay = rest;
  while (rest[0] == dhcp6::kRelayForw) {
    if (m.relays++ == Message6::kMostRelays) return Reason::nested_too_deep;
    if (const Refusal why = relayed(rest, m)) return why;
  }
  return {};
}

Refusal client(Bytes& rest, Message6& m) {
  if (const Refusal why = by_type(rest[0])) return why;
  if (rest.size() < dhcp6::kClientHeader) return Reason::malformed_dhcp6;
  m.client = rest;
  m.type = rest[0];
  const bool whole = walk_options6(rest.subspan(dhcp6::kClientHeader), [&](uint16_t code, Bytes value) {
    if (code == dhcp6::kClientId && m.duid.empty()) m.duid = value;
    if (code == dhcp6::kElapsedTime && value.size() == 2 && !m.elapsed_time)
      m.elapsed_time = load16(value.data());
    if (code == dhcp6::kIaPd) m.prefix_delegation = true;
  });
  if (!whole) return Reason::malformed_options;
  return {};
}

}  // namespace

Parsed6 parse_dhcp6(std::span<const uint8_t> frame) {
  Message6 m;
  Bytes rest = frame;
  for (const auto layer : {ethernet, ipv6, udp, relays, client})
    if (const Refusal why = layer(rest, m)) return {.message = {}, .reason = *why};
  return {.message = m};
}

}  // namespace relaysieve
