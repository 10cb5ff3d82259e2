// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dhcp_frame.h"
#include "ipv6.h"
#include "wire.h"

namespace relaysieve {
namespace {

constexpr uint16_t kIaNa = 3, kIaAddress = 5;
constexpr size_t kIaHeader = 12;  // IAID, T1, T2 (RFC 8415 s21.4)

// Each option as far as it is there: a frame may be cut off.
template <typename Visit>
void walk_what_is_there(Bytes field, Visit visit) {
  while (field.size() >= 4) {
    const uint16_t code = load16(field.data());
    const size_t length = std::min<size_t>(load16(&field[2]), field.size() - 4);
    visit(code, field.subspan(4, length));
    field = field.subspan(4 + length);
  }
}

bool strip_headers(Bytes& rest, DhcpFrame& found) {
  const auto link = take_ethernet(rest);
  if (!link || link->ethertype != kIpv6 || rest.size() < 40) return false;
  found.destination_mac = link->destination_mac;
  found.source_mac = link->source_mac;
  found.vlans = link->vlans;
  // take_ipv6 refuses what is cut off; the addresses are there, and extension headers are rare.
  Bytes whole = rest;
  if (take_ipv6(whole, found.source_ip, found.destination_ip)) {
    if (rest[0] >> 4 != 6 || rest[6] != protocol::kUdp) return false;
    found.source_ip = address_at(&rest[8]);
    found.destination_ip = address_at(&rest[24]);
    whole = rest.subspan(40);
  }
  constexpr uint16_t kClientPort = 546;
  if (whole.size() < 8) return false;
  const uint16_t port = load16(&whole[2]);
  rest = whole.subspan(8);
  return port == dhcp6::kServerPort || port == kClientPort;
}

// The message in a relay's: nothing where there is none.
Bytes unwrap(Bytes relayed, DhcpFrame& found) {
  found.reply = relayed[0] == dhcp6::kRelayRepl;
  found.peer = address_at(&relayed[18]);
  if (const Address link = address_at(&relayed[2]); !link.unspecified()) found.giaddr = link;
  Bytes message;
  walk_what_is_there(relayed.subspan(dhcp6::kRelayHeader), [&](uint16_t code, Bytes value) {
    if (code == dhcp6::kRelayMessage) message = value;
  });
  return message;
}

void read_client(Bytes duid, DhcpFrame& found) {
  if (duid.size() > found.client.bytes.size()) return;
  found.client.length = static_cast<uint8_t>(duid.size());
  std::ranges::copy(duid, found.client.bytes.begin());
}

void read_address(Bytes ia, DhcpFrame& found) {
  if (ia.size() < kIaHeader) return;
  walk_what_is_there(ia.subspan(kIaHeader), [&](uint16_t code, Bytes value) {
    if (code == kIaAddress && value.size() >= 16 && found.yiaddr.unspecified())
      found.yiaddr = address_at(value.data());
  });
}

bool ends_with(Bytes bytes, Bytes end) {
  return bytes.size() >= end.size() && std::ranges::equal(bytes.last(end.size()), end);
}

// Made of a hardware address: with the time (1), or without (3) (RFC 8415 s11.2, s11.4).
bool duid_is_of(Bytes duid, Bytes hardware) {
  if (duid.size() < 4) return false;
  const uint16_t kind = load16(duid.data());
  return (kind == 1 && duid.size() == 8 + hardware.size() && ends_with(duid, hardware)) ||
         (kind == 3 && duid.size() == 4 + hardware.size() && ends_with(duid, hardware));
}

// Modified EUI-64 (RFC 4291 appendix A).
bool address_is_of(const Address& address, Bytes mac) {
  const uint64_t number = uint64_t{load32(mac.data())} << 16 | load16(&mac[4]);
  return address.low == ((number >> 24 ^ 0x020000) << 40 | 0xfffe000000 | (number & 0xffffff));
}

}  // namespace

std::optional<DhcpFrame> find_dhcp6(std::span<const uint8_t> frame) {
  DhcpFrame found;
  found.family = Family::v6;
  Bytes rest = frame;
  if (!strip_headers(rest, found)) return std::nullopt;
  while (rest.size() >= dhcp6::kRelayHeader && (rest[0] == dhcp6::kRelayForw || rest[0] == dhcp6::kRelayRepl))
    rest = unwrap(rest, found);
  if (rest.size() < dhcp6::kClientHeader) return std::nullopt;
  found.type = rest[0];
  found.reply = found.reply || found.type == dhcp6::kAdvertise || found.type == dhcp6::kReply ||
                found.type == dhcp6::kReconfigure;
  found.xid = load32(rest.data()) & 0xffffff;
  walk_what_is_there(rest.subspan(dhcp6::kClientHeader), [&](uint16_t code, Bytes value) {
    if (code == dhcp6::kClientId && found.client.length == 0) read_client(value, found);
    if (code == kIaNa) read_address(value, found);
  });
  return found;
}

bool DhcpFrame::is_of(const ClientId& who) const {
  if (client == who) return true;
  if (family != Family::v6 || who.length != 6) return false;
  const Bytes mac{who.bytes.data(), who.length};
  return duid_is_of({client.bytes.data(), client.length}, mac) || address_is_of(peer, mac);
}

}  // namespace relaysieve
