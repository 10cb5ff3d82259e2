// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace relaysieve {

// Numbers as they lie on the wire: big-endian, at any alignment.
constexpr uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
constexpr uint32_t load32(const uint8_t* p) { return uint32_t{load16(p)} << 16 | load16(p + 2); }

// In host byte order. Neither 0.0.0.0/8 nor multicast (RFC 1122 s3.2.1.3) nor what is above it.
constexpr bool unicast(uint32_t ip) { return ip >> 24 != 0 && ip >> 24 < 224; }

// Offsets in the fixed part of a BOOTP message (RFC 951 s3, RFC 2131 s2).
namespace bootp {
inline constexpr size_t kOp = 0, kHtype = 1, kHlen = 2, kXid = 4, kSecs = 8, kCiaddr = 12, kGiaddr = 24,
                        kChaddr = 28, kSname = 44, kFile = 108, kFixedSize = 236;
inline constexpr size_t kChaddrSize = 16, kSnameSize = 64, kFileSize = 128;
inline constexpr uint32_t kMagicCookie = 0x63825363;  // RFC 1497
}  // namespace bootp

// Option codes (RFC 2132; 82: RFC 3046).
namespace option {
inline constexpr uint8_t kPad = 0, kRequestedAddress = 50, kOverload = 52, kMessageType = 53, kServerId = 54,
                         kClientId = 61, kRelayInfo = 82, kEnd = 255;
}  // namespace option

// Sub-options of option 82 (RFC 3527, RFC 6607).
namespace suboption {
inline constexpr uint8_t kLinkSelection = 5, kVrf = 151;
}  // namespace suboption

inline constexpr uint8_t kLeasequery = 10;  // a message type: RFC 4388 s6.1

}  // namespace relaysieve
