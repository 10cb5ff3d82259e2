// SPDX-License-Identifier: Apache-2.0
#include "settings/text.h"

#include <arpa/inet.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "ports/port.h"

namespace relaysieve {

std::optional<Duration> duration_of(std::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(view(text), &duration)) return std::nullopt;
  return absl::ToChronoNanoseconds(duration);
}

std::optional<Address> address_of(std::string_view text) {
  const std::string words(text);
  in_addr ip4{};
  if (inet_pton(AF_INET, words.c_str(), &ip4) == 1) return Address(ntohl(ip4.s_addr));
  in6_addr ip6{};
  if (inet_pton(AF_INET6, words.c_str(), &ip6) != 1) return std::nullopt;
  Address address;
  for (size_t i = 0; i < 8; ++i) {
    address.high = address.high << 8 | ip6.s6_addr[i];
    address.low = address.low << 8 | ip6.s6_addr[8 + i];
  }
  return address;
}

std::optional<Network> network_of(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = address_of(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned least = address->is_ip4() ? 96 : 0;
  if (slash == text.npos) return Network{*address, 128};
  const auto bits = number_of<uint8_t>(text.substr(slash + 1));
  if (!bits || least + *bits > 128) return std::nullopt;
  return Network{*address, least + *bits};
}

std::vector<std::string> split_ports(const std::string& list) {
  std::vector<std::string> ports;
  for (const absl::string_view piece : absl::StrSplit(list, ',')) {
    const bool argument = piece.find('=') != piece.npos && !ports.empty() && ports.back().starts_with(kVdev);
    if (argument) {
      absl::StrAppend(&ports.back(), ",", piece);
    } else {
      ports.emplace_back(piece);
    }
  }
  return ports;
}

std::string in_quotes(std::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(view(text)), "\"");
}

std::string print_duration(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

std::string print_address(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text;
  if (address.is_ip4()) {
    const in_addr ip4{htonl(address.ip4())};
    return inet_ntop(AF_INET, &ip4, text.data(), text.size());
  }
  in6_addr ip6;
  for (size_t i = 0; i < 8; ++i) {
    ip6.s6_addr[i] = static_cast<uint8_t>(address.high >> (56 - 8 * i));
    ip6.s6_addr[8 + i] = static_cast<uint8_t>(address.low >> (56 - 8 * i));
  }
  return inet_ntop(AF_INET6, &ip6, text.data(), text.size());
}

std::string print_network(const Network& network) {
  const std::string address = print_address(network.address);
  const unsigned least = network.address.is_ip4() ? 96 : 0;
  return network.bits == 128 ? address : absl::StrCat(address, "/", network.bits - least);
}

std::string print_mac(std::span<const uint8_t, 6> mac) {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

}  // namespace relaysieve
