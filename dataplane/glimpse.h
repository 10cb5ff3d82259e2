// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "wire.h"

namespace relaysieve {

// `ip` is an IPv4 packet in so many bytes, 28 at the least.
constexpr bool plainly_not_dhcp4(const uint8_t* ip, size_t size) {
  if (load16(&ip[20 + 2]) == 67) return false;  // first, because a request should not pay for all the rest
  const size_t total = load16(&ip[2]);
  if (ip[0] != 0x45 || total < 20 + 8 || total > size) return false;  // IP options, or malformed
  const bool fragment = load16(&ip[6]) & 0x3fff;
  return ip[9] != protocol::kUdp || !fragment;
}

// The same of IPv6. Extension headers would have to be walked.
constexpr bool plainly_not_dhcp6(const uint8_t* ip, size_t size) {
  if (size < 40 + 8 || ip[0] >> 4 != 6) return false;
  const size_t length = load16(&ip[4]);
  if (length < 8 || length > size - 40) return false;
  const uint8_t next = ip[6];
  if (next == protocol::kUdp) return load16(&ip[40 + 2]) != dhcp6::kServerPort;
  return next == protocol::kTcp || next == protocol::kIcmp6;
}

// Whether a glimpse at a frame is enough to know what parse_dhcp4 and parse_dhcp6 would say of it: Reason::not_dhcp.
// False: it may be anything, and has to be parsed. Nearly all of a box's frames are told from requests by this, for a
// nanosecond. The truth is the parsers'; glimpse_test holds them together.
constexpr bool plainly_not_dhcp(std::span<const uint8_t> frame) {
  // Ethernet, two tags, IPv4 without options, UDP; and 60 is the shortest frame on a wire.
  constexpr size_t kEnough = 14 + 2 * 4 + 20 + 8;
  if (frame.size() < kEnough) return false;
  const uint8_t* type = &frame[12];
  for (int tags = 0; load16(type) != kIpv4; type += 4) {
    if (load16(type) == kIpv6) {
      const auto before = static_cast<size_t>(type + 2 - frame.data());
      return plainly_not_dhcp6(type + 2, frame.size() - before);
    }
    if (!is_tag(load16(type)) || ++tags > 2) return true;
  }
  return plainly_not_dhcp4(type + 2, frame.size() - static_cast<size_t>(type + 2 - frame.data()));
}

}  // namespace relaysieve
