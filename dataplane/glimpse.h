// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "wire.h"

namespace relaysieve {

constexpr bool is_tag(uint16_t ethertype) {
  return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

// Whether a glimpse at a frame is enough to know what parse_dhcp4 would say of it: Reason::not_dhcp. False: it may
// be anything, and has to be parsed. Nearly all of a box's frames are told from requests by this, for a nanosecond.
// The truth is parse_dhcp4's; glimpse_test holds the two together.
constexpr bool plainly_not_dhcp(std::span<const uint8_t> frame) {
  // Ethernet, two tags, IPv4 without options, UDP; and 60 is the shortest frame on a wire.
  constexpr size_t kEnough = 14 + 2 * 4 + 20 + 8;
  if (frame.size() < kEnough) return false;
  const uint8_t* type = &frame[12];
  for (int tags = 0; load16(type) != 0x0800; type += 4)
    if (!is_tag(load16(type)) || ++tags > 2) return true;

  const uint8_t* ip = type + 2;
  if (load16(&ip[20 + 2]) == 67) return false;  // first, because a request should not pay for all the rest
  const size_t total = load16(&ip[2]), rest = frame.size() - static_cast<size_t>(ip - frame.data());
  if (ip[0] != 0x45 || total < 20 + 8 || total > rest) return false;  // IP options, or malformed
  const bool fragment = load16(&ip[6]) & 0x3fff;
  return ip[9] != 17 || !fragment;
}

}  // namespace relaysieve
