// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace relaysieve {

// A client's hardware address: the first hlen bytes of chaddr.
struct Chaddr {
  std::array<uint8_t, 16> bytes{};
  uint8_t length = 0;  // 1..16; 0 = none, or more than there is room for

  friend bool operator==(const Chaddr&, const Chaddr&) = default;
  std::string text() const;  // 52:54:00:12:34:56
};

// As people write it: with colons or dashes, with Cisco's dots (5254.0012.3456), or nothing in between.
std::optional<Chaddr> chaddr_of(std::string_view text);

// A BOOTP message of either direction, for people who look: found also where the rule looks away, because it is a reply,
// came from the client itself, is no DHCP, or is malformed behind chaddr. Addresses and numbers are in host byte order.
struct BootpFrame {
  std::span<const uint8_t> source_mac, destination_mac;
  std::array<uint16_t, 2> vlans{};  // outermost first; 0 = no tag
  uint32_t source_ip = 0, destination_ip = 0;
  bool reply = false;  // op 2
  Chaddr client;
  uint32_t xid = 0;
  uint32_t yiaddr = 0, giaddr = 0;
  uint32_t server_id = 0;  // option 54; 0 = none
  uint8_t type = 0;        // option 53; 0 = none: plain BOOTP
};

// Needs the bytes up to chaddr's end only; options as far as they are there.
std::optional<BootpFrame> find_bootp(std::span<const uint8_t> frame);

// Option 53 in words (RFC 2132 s9.6, RFC 4388, RFC 6926, RFC 7724): DISCOVER; "BOOTP" for 0, "type 99" for others.
std::string message_type(uint8_t type);

}  // namespace relaysieve
