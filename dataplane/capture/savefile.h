// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace relaysieve::savefile {

// A classic pcap file (pcap-savefile(5)): pcap_file_header, then records, in the byte order of who wrote it.
constexpr uint32_t kMicroseconds = 0xa1b2c3d4;  // magic numbers: what the time stamps' fraction counts
constexpr uint32_t kNanoseconds = 0xa1b23c4d;
constexpr size_t kLongestFrame = 262'144;  // libpcap refuses longer ones as broken

// Before each frame's bytes.
struct RecordHeader {
  uint32_t seconds, fraction;
  uint32_t captured;  // bytes in the file
  uint32_t length;    // on the wire
};

}  // namespace relaysieve::savefile
