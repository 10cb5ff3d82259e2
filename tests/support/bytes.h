// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace relaysieve::test {

using Bytes = std::vector<uint8_t>;
using Mac = std::array<uint8_t, 6>;
using Ip = uint32_t;  // host byte order

// "10.20.0.2"_ip, "02:00:00:30:00:02"_mac: a typing error does not compile.
consteval Ip operator""_ip(const char* text, size_t size) {
  Ip ip = 0, part = 0;
  int dots = 0;
  for (char c : std::string_view(text, size)) {
    if (c != '.' && (c < '0' || c > '9')) throw "not an IPv4 address";
    if (c == '.')
      ip = ip << 8 | part, part = 0, ++dots;
    else if ((part = part * 10 + static_cast<Ip>(c - '0')) > 255)
      throw "a part above 255";
  }
  if (dots != 3) throw "four parts, please";
  return ip << 8 | part;
}

consteval Mac operator""_mac(const char* text, size_t size) {
  if (size != 17) throw "a MAC is 17 characters";
  auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Mac mac{};
  for (size_t i = 0; i < 6; ++i)
    mac[i] = static_cast<uint8_t>(digit(text[3 * i]) << 4 | digit(text[3 * i + 1]));
  return mac;
}

// Network byte order, appended.
inline void put8(Bytes& to, unsigned value) { to.push_back(static_cast<uint8_t>(value)); }
inline void put16(Bytes& to, unsigned value) { put8(to, value >> 8), put8(to, value); }
inline void put32(Bytes& to, uint32_t value) { put16(to, value >> 16), put16(to, value); }
inline void put(Bytes& to, std::span<const uint8_t> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

inline Bytes bytes_of(Ip ip) {
  Bytes bytes;
  put32(bytes, ip);
  return bytes;
}
inline Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

inline void overwrite16(Bytes& in, size_t offset, unsigned value) {
  in.at(offset) = static_cast<uint8_t>(value >> 8);
  in.at(offset + 1) = static_cast<uint8_t>(value);
}

// RFC 1071, over `bytes` and an earlier partial sum.
inline uint16_t internet_checksum(std::span<const uint8_t> bytes, uint32_t sum = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 ? bytes[i] : static_cast<uint32_t>(bytes[i]) << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

}  // namespace relaysieve::test
