// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "relaysieve/time.h"

// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian: a section, an interface for each port in order
// of their numbers, packets, and the interfaces' statistics last. libpcap writes no comments; Wireshark shows them.
namespace relaysieve::pcapng {

std::string section(std::string_view application);
// Ethernet, with time stamps in nanoseconds. `longest`: bytes kept of a packet.
std::string interface(std::string_view name, uint32_t longest);

struct Packet {
  uint32_t interface = 0;
  Time time{};  // since 1970
  std::span<const uint8_t> bytes;
  uint32_t length = 0;       // on the wire
  uint64_t lost_before = 0;  // between the interface's last packet and this one
  std::string_view comment;  // UTF-8
};
std::string packet(const Packet& packet);  // that came in

struct Counts {
  uint64_t delivered = 0;
  uint64_t lost = 0;  // for want of room
};
std::string statistics(uint32_t interface, Time now, const Counts& counts);

}  // namespace relaysieve::pcapng
