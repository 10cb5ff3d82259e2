// SPDX-License-Identifier: Apache-2.0
#include "relaysieve/message.h"

#include "options.h"
#include "wire.h"

namespace relaysieve {
namespace {

// Each layer takes its header off `rest`, or says why the frame is not for the rule.

Refusal ethernet(Bytes& rest, Message& m) {
  const auto link = take_ethernet(rest);
  if (!link || link->ethertype != kIpv4) return Reason::not_dhcp;
  m.source_mac = link->source_mac;
  m.vlans = link->vlans;
  return {};
}

Refusal ipv4(Bytes& rest, Message& m) {
  if (rest.size() < 20 || rest[0] >> 4 != 4) return Reason::malformed_ip;
  const size_t header = (rest[0] & 0x0f) * 4u, total = load16(&rest[2]);
  if (header < 20 || header > total || total > rest.size()) return Reason::malformed_ip;
  if (rest[9] != protocol::kUdp) return Reason::not_dhcp;
  if (load16(&rest[6]) & 0x3fff) return Reason::fragment;  // more fragments, or an offset
  m.source_ip = load32(&rest[12]);
  m.server_ip = load32(&rest[16]);
  rest = rest.subspan(header, total - header);  // what lies beyond the total length is Ethernet's padding
  return {};
}

Refusal udp(Bytes& rest, Message&) { return take_udp(rest, 67); }

Refusal bootrequest(Bytes& rest, Message& m) {
  if (rest.size() < bootp::kFixedSize) return Reason::malformed_bootp;
  if (rest[bootp::kOp] == 2) return Reason::reply;
  if (rest[bootp::kOp] != 1 || rest[bootp::kHlen] > bootp::kChaddrSize) return Reason::malformed_bootp;
  m.giaddr = load32(&rest[bootp::kGiaddr]);
  if (m.giaddr == 0 || !unicast(m.server_ip)) return Reason::direct;
  m.bootp = rest.first(bootp::kFixedSize);
  rest = rest.subspan(bootp::kFixedSize);
  return {};
}

void read_relay_info(Bytes value, Message& m) {
  if (m.relay_infos++ == 0) m.relay_info = value;
  walk_suboptions(value, [&](uint8_t code, Bytes v) {
    if (code == suboption::kLinkSelection && v.size() == 4 && !m.link_selection)
      m.link_selection = load32(v.data());
    if (code == suboption::kVrf && m.vrf.empty()) m.vrf = v;
  });
}

// RFC 2131 s4.1: with option 52 the message type may stand in file or sname. A field that breaks off only
// ends the search: its bytes are in the key whatever they mean.
void find_overloaded_type(Message& m) {
  const auto search = [&](Bytes field) {
    bool broken = false;
    walk_options(field, broken, [&](uint8_t code, Bytes v) {
      if (code == option::kMessageType && v.size() == 1 && m.type == 0) m.type = v[0];
    });
  };
  if (m.overload & 1) search(m.bootp.subspan(bootp::kFile, bootp::kFileSize));
  if (m.overload & 2) search(m.bootp.subspan(bootp::kSname, bootp::kSnameSize));
}

Refusal options(Bytes& rest, Message& m) {
  if (rest.size() < 4 || load32(rest.data()) != bootp::kMagicCookie) return {};  // plain BOOTP
  const uint8_t* own_begin = rest.data() + 4;
  const uint8_t* own_end = own_begin;
  bool broken = false;
  m.options = walk_options(rest.subspan(4), broken, [&](uint8_t code, Bytes v) {
    if (code == option::kRelayInfo) return read_relay_info(v, m);
    if (code == option::kMessageType && v.size() == 1 && m.type == 0) m.type = v[0];
    if (code == option::kOverload && v.size() == 1 && m.overload == 0) m.overload = v[0] & 3;
    if (v.data() - 2 != own_end) m.in_one_piece = false;  // a Pad or an option 82 stands before it
    own_end = v.data() + v.size();
  });
  if (broken) return Reason::malformed_options;
  m.own_options = {own_begin, own_end};
  if (m.type == 0 && m.overload != 0) find_overloaded_type(m);
  if (m.type == kLeasequery) return Reason::leasequery;
  return {};
}

}  // namespace

Parsed parse_dhcp4(std::span<const uint8_t> frame) {
  Message m;
  Bytes rest = frame;
  for (const auto layer : {ethernet, ipv4, udp, bootrequest, options})
    if (const Refusal why = layer(rest, m)) return {.message = {}, .reason = *why};
  return {.message = m};
}

}  // namespace relaysieve
