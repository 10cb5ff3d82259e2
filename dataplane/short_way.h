// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstring>

#include "keyed_hash.h"
#include "layouts.h"
#include "options.h"
#include "wire.h"

// The short way from a frame to what its request is made of, beside the long one through parse_dhcp4. It leads there for
// nearly every request, and agrees with the long way wherever it leads there; for every other frame it says so, and no
// more. It is compiled into the loop over a burst, where all of this lives in registers.
namespace relaysieve {

// What the hashes are made of. Bytes are those of a frame or of a copy with as much room: the 32 before `content`,
// `relay_info` and `vrf` can be read, and 8 from any field of the headers on.
struct Parts {
  const uint8_t* source_mac;
  const uint8_t* bootp;
  uint64_t vlans;  // bits 48.. the outer id, bits 32.. the inner one
  uint32_t source_ip, server_ip, giaddr;
  uint64_t subnet;  // 32 bits: the link selection, else giaddr
  bool has_link_selection;
  uint8_t type;
  Bytes relay_info;  // without an option 82 a null pointer
  Bytes vrf;
};

// Eight bytes of a header as one number: one comparison for several fields.
using Eight = std::array<uint8_t, 8>;
constexpr uint64_t number(Eight bytes) { return std::bit_cast<uint64_t>(bytes); }
inline uint64_t eight(const uint8_t* p) {
  Eight bytes;
  std::memcpy(bytes.data(), p, sizeof bytes);
  return number(bytes);
}

// IPv4 without options and fragmentation, the magic cookie, room for 8 bytes of options. `room`: what there is.
inline bool usual_headers(Bytes frame, Parts& p, size_t& room) {
  constexpr size_t kUdp = 20, kBootp = kUdp + 8, kOptions = kBootp + bootp::kFixedSize + 4;
  if (frame.size() < 14 + kOptions + 8) return false;
  const uint8_t* ip = frame.data() + 14;
  uint16_t ethertype = load16(ip - 2);
  p.vlans = 0;
  for (size_t tags = 0; ethertype != 0x0800; ++tags, ip += 4) {
    if (tags == 2 || !is_tag(ethertype)) return false;
    const uint64_t id = load16(ip) & 0x0fff;
    p.vlans |= id << (p.vlans == 0 ? 48 : 32);
    ethertype = load16(ip + 2);
  }
  const size_t total = load16(ip + 2), datagram = load16(ip + kUdp + 4);
  if (total > static_cast<size_t>(frame.data() + frame.size() - ip)) return false;
  if (kUdp + datagram > total || kUdp + datagram < kOptions + 8) return false;
  // Version and header length, and fragmentation; the port, and behind length and checksum op.
  if ((eight(ip) & number({0xff, 0, 0, 0, 0, 0, 0x3f, 0xff})) != number({0x45}) || ip[9] != 17) return false;
  if ((eight(ip + kUdp + 2) & number({0xff, 0xff, 0, 0, 0, 0, 0xff})) != number({0, 67, 0, 0, 0, 0, 1}))
    return false;
  p.source_mac = frame.data() + 6;
  p.bootp = ip + kBootp;
  p.source_ip = load32(ip + 12);
  p.server_ip = load32(ip + 16);
  p.giaddr = load32(p.bootp + bootp::kGiaddr);
  if (p.bootp[bootp::kHlen] > bootp::kChaddrSize || p.giaddr == 0 || !unicast(p.server_ip)) return false;
  if (load32(p.bootp + bootp::kFixedSize) != bootp::kMagicCookie) return false;
  room = kUdp + datagram - kOptions;
  return true;
}

// The value of option 82 from `sub` to `end`, without a VRF.
inline bool usual_relay_info(const uint8_t* sub, const uint8_t* end, Parts& p) {
  p.relay_info = {sub, end};
  for (; end - sub >= 2 && end - sub - 2 >= sub[1]; sub += 2 + sub[1]) {
    if (sub[0] == suboption::kVrf) return false;
    if (sub[0] == suboption::kLinkSelection && sub[1] == 4 && !p.has_link_selection) {
      p.has_link_selection = true;
      p.subnet = load32(sub + 2);
    }
  }
  return true;
}

// The client's options lie where they have been before, behind them nothing but an option 82.
// `content`: NH of the client's options.
template <typename Cpu>
bool usual_options(Bytes frame, size_t room, const Layouts& layouts, const HashKeys& keys, Parts& p,
                   typename Cpu::Block& content) {
  const uint8_t* const begin = p.bootp + bootp::kFixedSize + 4;
  const uint8_t* const end = begin + room;
  const Layouts::Layout& layout = layouts.guess(frame, begin);
  const size_t own = layout.own;
  if (own == 0 || own > room) return false;
  if (!Cpu::nh_if_equal(begin, own, layout.looked_at.data(), layout.expected.data(), keys, content))
    return false;
  p.type = begin[layout.type];
  if (p.type == 0 || p.type == kLeasequery) return false;
  p.subnet = p.giaddr;
  p.has_link_selection = false;
  p.relay_info = p.vrf = {};
  const uint8_t* at = begin + own;
  if (end - at >= 2 && *at == option::kRelayInfo) {
    if (end - at - 2 < at[1] || !usual_relay_info(at + 2, at + 2 + at[1], p)) return false;
    at += 2 + at[1];
  }
  return at == end || *at == option::kEnd;
}

template <typename Cpu>
bool short_way(Bytes frame, const Layouts& layouts, const HashKeys& keys, Parts& p,
               typename Cpu::Block& content) {
  size_t room;
  return usual_headers(frame, p, room) && usual_options<Cpu>(frame, room, layouts, keys, p, content);
}

}  // namespace relaysieve
