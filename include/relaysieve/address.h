// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace relaysieve {

// An IP address of either family, in host byte order; an IPv4 one as ::ffff:a.b.c.d (RFC 4291 s2.5.5.2).
struct Address {
  uint64_t high = 0, low = 0;

  constexpr Address() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): an IPv4 address is one
  constexpr Address(uint32_t ip4) : low(kIp4 | ip4) {}
  static constexpr Address of(uint64_t high, uint64_t low) {
    Address address;
    address.high = high;
    address.low = low;
    return address;
  }

  constexpr bool is_ip4() const { return high == 0 && low >> 32 == kIp4 >> 32; }
  constexpr uint32_t ip4() const { return static_cast<uint32_t>(low); }  // meaningful only if it is one
  constexpr bool unspecified() const { return high == 0 && low == 0; }   // :: (RFC 4291 s2.5.2)
  constexpr bool multicast() const {
    return is_ip4() ? ip4() >> 28 == 0xe : high >> 56 == 0xff;  // 224.0.0.0/4, ff00::/8
  }
  // Its first `bits` of 128, and zeros.
  constexpr Address network(unsigned bits) const {
    if (bits >= 128) return *this;
    if (bits >= 64) return of(high, bits == 64 ? 0 : low & ~uint64_t{0} << (128 - bits));
    return of(bits == 0 ? 0 : high & ~uint64_t{0} << (64 - bits), 0);
  }

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

 private:
  static constexpr uint64_t kIp4 = 0xffff'0000'0000;
};

}  // namespace relaysieve
