// SPDX-License-Identifier: Apache-2.0
#include "ipv6.h"

namespace relaysieve {
namespace {

// IPv6's next headers that another one follows, and how long they are in bytes (RFC 8200 s4; authentication: RFC 4302
// s2.2; mobility, HIP, Shim6: RFC 6564 s4). 0 = another one.
constexpr size_t size_of_extension(uint8_t header, const uint8_t* p) {
  constexpr uint8_t kHopByHop = 0, kRouting = 43, kAuthentication = 51, kDestination = 60, kMobility = 135,
                    kHip = 139, kShim6 = 140;
  switch (header) {
    case kHopByHop:
    case kRouting:
    case kDestination:
    case kMobility:
    case kHip:
    case kShim6:
      return 8 + p[1] * 8u;
    case kAuthentication:
      return 8 + p[1] * 4u;
    default:
      return 0;
  }
}

Refusal extension_headers(Bytes& rest, uint8_t next) {
  constexpr uint8_t kFragment = 44;
  constexpr uint8_t kNoBytes[8] = {};
  while (next != protocol::kUdp) {
    size_t size = size_of_extension(next, rest.size() < 8 ? kNoBytes : rest.data());
    if (next == kFragment) size = 8;
    if (size == 0) return Reason::not_dhcp;
    if (size > rest.size()) return Reason::malformed_ip;
    // An offset, or more to come; with neither it is a whole packet (an atomic fragment, RFC 6946).
    const bool piece = next == kFragment && (load16(&rest[2]) & 0xfff9) != 0;
    next = rest[0];
    if (piece)
      return next == protocol::kUdp || size_of_extension(next, kNoBytes) != 0 ? Reason::fragment
                                                                              : Reason::not_dhcp;
    rest = rest.subspan(size);
  }
  return {};
}

}  // namespace

Refusal take_ipv6(Bytes& rest, Address& source, Address& destination) {
  if (rest.size() < 40 || rest[0] >> 4 != 6) return Reason::malformed_ip;
  const size_t length = load16(&rest[4]);
  if (length > rest.size() - 40) return Reason::malformed_ip;
  const uint8_t next = rest[6];
  source = address_at(&rest[8]);
  destination = address_at(&rest[24]);
  rest = rest.subspan(40, length);
  return extension_headers(rest, next);
}

}  // namespace relaysieve
