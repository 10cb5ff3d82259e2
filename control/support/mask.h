// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace relaysieve {

// Puts other addresses in place of those in a text, the same for the same address as long as it lives, so that who reads it
// can still tell who is who:
//   IPv4    into 240.0.0.0/4, which nobody has. Two addresses that share their first 16 bits or more share as many
//           afterwards. 0.0.0.0, 127.0.0.0/8, multicast and netmasks (255...) stay. A network stays one: 10.0.0.0/8 has zeros.
//   IPv6    into 2001:db8::/32 (documentation); the same /48, /64 and interface identifier stay the same. Link-local ones stay so.
//   MAC     the vendor (first 3 bytes) stays; group addresses, VRRP's and HSRP's are nobody's and stay. Longer ones likewise.
//   names   whole words, "host" instead.
class Masker {
 public:
  using Random = std::function<uint32_t()>;

  explicit Masker(Random random, std::vector<std::string> names = {});
  std::string mask(std::string_view text);

 private:
  // What was recognised at the beginning of a text, and what stands for it.
  struct Match {
    size_t length;
    std::string instead;
  };

  std::optional<Match> match(std::string_view text);
  std::optional<Match> match_mac(std::string_view text);
  std::optional<Match> match_mac_name(std::string_view text);
  std::optional<Match> match_ipv6(std::string_view text);
  std::optional<Match> match_ipv4(std::string_view text);
  std::optional<Match> match_name(std::string_view text) const;

  uint64_t other_mac(uint64_t mac);
  std::string other_octets(std::string_view octets);
  uint32_t other_ipv4(uint32_t address);
  std::string other_ipv6(const uint8_t* address);
  bool flip(uint32_t prefix, unsigned length);
  uint32_t drawn(std::map<uint64_t, uint32_t>& table, uint64_t key, uint32_t least, uint32_t most);

  Random random_;
  std::vector<std::string> names_;  // longest first
  std::map<uint64_t, uint32_t> macs_, networks4_, networks6_, subnets6_, identifiers6_, nodes6_;
  std::map<std::string, std::string, std::less<>> octets_;
  std::map<std::pair<uint32_t, unsigned>, bool> flips_;  // of the bit after this prefix
  std::map<const void*, std::set<uint32_t>> taken_;      // by table: what has been drawn
};

}  // namespace relaysieve
