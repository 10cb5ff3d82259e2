// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace relaysieve {

// Numbers as they lie on the wire: big-endian, at any alignment.
constexpr uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
constexpr uint32_t load32(const uint8_t* p) { return uint32_t{load16(p)} << 16 | load16(p + 2); }
constexpr uint64_t load64(const uint8_t* p) { return uint64_t{load32(p)} << 32 | load32(p + 4); }

// What stands behind Ethernet's addresses (IEEE 802): 802.1Q, 802.1ad and the tag that came before it; IPv4, IPv6.
constexpr bool is_tag(uint16_t ethertype) {
  return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}
inline constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

// IP's protocols, which are IPv6's next headers too (IANA "Protocol Numbers").
namespace protocol {
inline constexpr uint8_t kTcp = 6, kUdp = 17, kIcmp6 = 58;
}  // namespace protocol

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

// DHCPv6: message types (RFC 8415 s7.3, RFC 5007 s4.1.1) and options (RFC 8415 s21; 37: RFC 4649).
namespace dhcp6 {
inline constexpr uint16_t kServerPort = 547;
inline constexpr uint8_t kAdvertise = 2, kReply = 7, kReconfigure = 10, kRelayForw = 12, kRelayRepl = 13,
                         kLeasequery = 14, kLeasequeryReply = 15, kLeasequeryDone = 16, kLeasequeryData = 17;
inline constexpr size_t kRelayHeader = 34;  // type, hop-count, link-address, peer-address (s9)
inline constexpr size_t kClientHeader = 4;  // type, transaction-id (s8)
inline constexpr uint16_t kClientId = 1, kElapsedTime = 8, kRelayMessage = 9, kInterfaceId = 18, kIaPd = 25,
                          kRemoteId = 37;
}  // namespace dhcp6

}  // namespace relaysieve
