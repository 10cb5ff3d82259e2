// SPDX-License-Identifier: Apache-2.0
#include "dhcp_frame.h"

#include <algorithm>
#include <cstdio>

#include "options.h"
#include "wire.h"

namespace relaysieve {
namespace {

constexpr size_t kYiaddr = 16;
constexpr size_t kShortest = bootp::kChaddr + bootp::kChaddrSize;  // up to chaddr's end

bool strip_ethernet(Bytes& rest, DhcpFrame& found) {
  const auto link = take_ethernet(rest);
  if (!link || link->ethertype != kIpv4) return false;
  found.destination_mac = link->destination_mac;
  found.source_mac = link->source_mac;
  found.vlans = link->vlans;
  return true;
}

bool strip_ip_and_udp(Bytes& rest, DhcpFrame& found) {
  if (rest.size() < 20 || rest[0] >> 4 != 4 || rest[9] != 17) return false;
  const size_t header = (rest[0] & 0x0f) * 4u;
  if (header < 20 || rest.size() < header + 8 || (load16(&rest[6]) & 0x1fff) != 0) return false;
  found.source_ip = load32(&rest[12]);
  found.destination_ip = load32(&rest[16]);
  rest = rest.subspan(header);
  const uint16_t port = load16(&rest[2]);
  // Ethernet's padding, but nothing of a frame that is shorter than it says.
  rest = rest.first(std::clamp<size_t>(load16(&rest[4]), 8, rest.size())).subspan(8);
  return port == 67 || port == 68;
}

void read_options(Bytes rest, DhcpFrame& found) {
  if (rest.size() < bootp::kFixedSize + 4 || load32(&rest[bootp::kFixedSize]) != bootp::kMagicCookie) return;
  bool broken = false;
  walk_options(rest.subspan(bootp::kFixedSize + 4), broken, [&](uint8_t code, Bytes v) {
    if (code == option::kMessageType && v.size() == 1 && found.type == 0) found.type = v[0];
    if (code == option::kServerId && v.size() == 4) found.server = load32(v.data());
  });
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many digits stand between two separators; 0 = such a one is not used.
size_t group_of(char separator) {
  return separator == '.' ? 4 : separator == ':' || separator == '-' ? 2 : 0;
}

}  // namespace

std::optional<DhcpFrame> find_dhcp4(std::span<const uint8_t> frame) {
  DhcpFrame found;
  Bytes rest = frame;
  if (!strip_ethernet(rest, found) || !strip_ip_and_udp(rest, found) || rest.size() < kShortest ||
      rest[bootp::kOp] < 1 || rest[bootp::kOp] > 2)
    return std::nullopt;
  found.reply = rest[bootp::kOp] == 2;
  if (rest[bootp::kHlen] <= bootp::kChaddrSize) {
    found.client.length = rest[bootp::kHlen];
    std::copy_n(&rest[bootp::kChaddr], found.client.length, found.client.bytes.begin());
  }
  found.xid = load32(&rest[bootp::kXid]);
  found.yiaddr = load32(&rest[kYiaddr]);
  found.giaddr = load32(&rest[bootp::kGiaddr]);
  read_options(rest, found);
  return found;
}

std::optional<ClientId> client_id_of(std::string_view text) {
  const size_t at = text.find_first_of(":-.");
  const size_t group = at == text.npos ? 0 : group_of(text[at]);
  ClientId chaddr;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    // A separator stands behind each full group but the last.
    if (group != 0 && i % (group + 1) == group) {
      if (text[i] != text[at] || i + 1 == text.size()) return std::nullopt;
      continue;
    }
    const int value = digit(text[i]);
    if (value < 0 || digits / 2 == chaddr.bytes.size()) return std::nullopt;
    chaddr.bytes[digits / 2] = static_cast<uint8_t>(chaddr.bytes[digits / 2] << 4 | value);
    ++digits;
  }
  if (digits == 0 || digits % 2 != 0) return std::nullopt;
  chaddr.length = static_cast<uint8_t>(digits / 2);
  return chaddr;
}

std::string ClientId::text() const {
  std::string text;
  for (uint8_t i = 0; i < length; ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, i == 0 ? "%02x" : ":%02x", bytes[i]);
    text += byte;
  }
  return text;
}

std::optional<DhcpFrame> find_dhcp(std::span<const uint8_t> frame) {
  return is_ipv6(frame) ? find_dhcp6(frame) : find_dhcp4(frame);
}

std::string message_type(Family family, uint8_t type) {
  static constexpr std::array<std::string_view, 19> kDhcp4 = {"BOOTP",
                                                              "DISCOVER",
                                                              "OFFER",
                                                              "REQUEST",
                                                              "DECLINE",
                                                              "ACK",
                                                              "NAK",
                                                              "RELEASE",
                                                              "INFORM",
                                                              "FORCERENEW",
                                                              "LEASEQUERY",
                                                              "LEASEUNASSIGNED",
                                                              "LEASEUNKNOWN",
                                                              "LEASEACTIVE",
                                                              "BULKLEASEQUERY",
                                                              "LEASEQUERYDONE",
                                                              "ACTIVELEASEQUERY",
                                                              "LEASEQUERYSTATUS",
                                                              "TLS"};
  static constexpr std::array<std::string_view, 22> kDhcp6 = {"",
                                                              "SOLICIT",
                                                              "ADVERTISE",
                                                              "REQUEST",
                                                              "CONFIRM",
                                                              "RENEW",
                                                              "REBIND",
                                                              "REPLY",
                                                              "RELEASE",
                                                              "DECLINE",
                                                              "RECONFIGURE",
                                                              "INFORMATION-REQUEST",
                                                              "RELAY-FORW",
                                                              "RELAY-REPL",
                                                              "LEASEQUERY",
                                                              "LEASEQUERY-REPLY",
                                                              "LEASEQUERY-DONE",
                                                              "LEASEQUERY-DATA",
                                                              "RECONFIGURE-REQUEST",
                                                              "RECONFIGURE-REPLY",
                                                              "DHCPV4-QUERY",
                                                              "DHCPV4-RESPONSE"};
  const std::span<const std::string_view> words =
      family == Family::v6 ? std::span<const std::string_view>(kDhcp6) : kDhcp4;
  return type < words.size() && !words[type].empty() ? std::string(words[type])
                                                     : "type " + std::to_string(type);
}

}  // namespace relaysieve
