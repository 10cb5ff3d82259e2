// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/string_view.h"
#include "relaysieve/policy.h"

namespace relaysieve {

// Values as operators write and read them. Nothing comes back from a text that is not such a value.

std::optional<Duration> duration_of(std::string_view text);  // "100ms", "2.5s"
std::optional<Address> address_of(std::string_view text);    // "10.0.0.1", "2001:db8::1"
std::optional<Network> network_of(std::string_view text);    // "10.0.0.0/8", "2001:db8::/32", an address

// "eth0,vdev:net_pcap0,rx_pcap=a.pcap,eth1" has three ports: what holds a '=' belongs to the vdev before it.
std::vector<std::string> split_ports(const std::string& list);

std::string in_quotes(std::string_view text);  // in one line, whatever is in it
std::string print_duration(Duration duration);
std::string print_address(const Address& address);  // RFC 5952
std::string print_network(const Network& network);
std::string print_mac(std::span<const uint8_t, 6> mac);

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Debian's abseil has a string_view of its own.
inline absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace relaysieve
