// SPDX-License-Identifier: Apache-2.0
#include "settings/text.h"

#include <arpa/inet.h>

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

std::optional<uint32_t> address_of(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<Network> network_of(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = address_of(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == text.npos) return Network{*address, 32};
  const auto bits = number_of<uint8_t>(text.substr(slash + 1));
  if (!bits || *bits > 32) return std::nullopt;
  return Network{*address, *bits};
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

std::string print_address(uint32_t address) {
  return absl::StrCat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".", address & 255);
}

std::string print_network(const Network& network) {
  const std::string address = print_address(network.address);
  return network.bits == 32 ? address : absl::StrCat(address, "/", network.bits);
}

std::string print_mac(std::span<const uint8_t, 6> mac) {
  return absl::StrFormat("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

}  // namespace relaysieve
