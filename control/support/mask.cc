// SPDX-License-Identifier: Apache-2.0
#include "support/mask.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr uint64_t kOurBits = 0xffffff;  // of a MAC: what the vendor gave out

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// How far a text goes on with such characters.
template <typename Is>
size_t run_of(std::string_view text, Is is) {
  return static_cast<size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

// How many pairs of hexadecimal digits stand there, with the same separator between them.
size_t pairs_in(std::string_view text) {
  size_t pairs = 0;
  for (size_t at = 0; at + 2 <= text.size() && is_hex(text[at]) && is_hex(text[at + 1]); at += 3) {
    ++pairs;
    if (at + 2 == text.size() || (text[2] != ':' && text[2] != '-') || text[at + 2] != text[2]) break;
  }
  return pairs;
}

uint64_t number_in(std::string_view digits) {
  uint64_t number = 0;
  for (const char c : digits)
    if (is_hex(c)) number = number << 4 | static_cast<uint64_t>(std::stoi(std::string(1, c), nullptr, 16));
  return number;
}

std::string with_digits_of(std::string_view shape, uint64_t mac) {
  std::string text(shape);
  for (size_t i = text.size(); i-- > 0;) {
    if (!is_hex(text[i])) continue;
    text[i] = "0123456789abcdef"[mac & 15];
    mac >>= 4;
  }
  return text;
}

bool belongs_to_nobody(uint64_t mac) {
  return mac == 0 || (mac >> 40 & 1) != 0 || mac >> 8 == 0x00005e0001 || mac >> 8 == 0x00005e0002 ||  // VRRP
         mac >> 8 == 0x00000c07ac || mac >> 12 == 0x00000c9ff;                                        // HSRP
}

bool stays(uint32_t ipv4) {
  const uint32_t first = ipv4 >> 24;
  return ipv4 == 0 || first == 127 || first == 255 || first >> 4 == 14;
}

}  // namespace

Masker::Masker(Random random, std::vector<std::string> names)
    : random_(std::move(random)), names_(std::move(names)) {
  std::erase_if(names_, [](const std::string& name) { return name.empty() || name == "localhost"; });
  std::ranges::sort(names_, std::greater(), &std::string::size);
}

std::string Masker::mask(std::string_view text) {
  std::string masked;
  masked.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    if (const auto found = begins ? match(text.substr(at)) : std::nullopt) {
      masked += found->instead;
      at += found->length;
    } else if (begins && is_digit(text[at])) {  // what was no address is none from its middle on
      const size_t length =
          std::max<size_t>(1, run_of(text.substr(at), [](char c) { return is_digit(c) || c == '.'; }));
      masked += text.substr(at, length);
      at += length;
    } else {
      masked += text[at++];
    }
  }
  return masked;
}

std::optional<Masker::Match> Masker::match(std::string_view text) {
  if (auto found = match_mac_name(text)) return found;
  if (auto found = match_mac(text)) return found;
  if (auto found = match_ipv6(text)) return found;
  if (auto found = match_ipv4(text)) return found;
  return match_name(text);
}

// 02:00:00:00:00:01, with any separator and longer ones (chaddr has up to 16 bytes, a DUID 130); 0200.0000.0001
std::optional<Masker::Match> Masker::match_mac(std::string_view text) {
  const size_t pairs = pairs_in(text);
  const size_t length = pairs * 3 - 1;
  const auto ends = [&](size_t at) { return at == text.size() || !is_word(text[at]); };
  if (pairs >= 6 && pairs <= 130 && ends(length)) {
    const std::string_view found = text.substr(0, length);
    if (pairs == 6) return Match{length, with_digits_of(found, other_mac(number_in(found)))};
    return Match{length, other_octets(found)};
  }
  const auto dotted = [&](size_t i) { return i % 5 == 4 ? text[i] == '.' : is_hex(text[i]); };
  if (text.size() < 14 || !ends(14)) return std::nullopt;
  for (size_t i = 0; i < 14; ++i)
    if (!dotted(i)) return std::nullopt;
  return Match{14, with_digits_of(text.substr(0, 14), other_mac(number_in(text.substr(0, 14))))};
}

// An interface that systemd has named after its address: enx020000000001
std::optional<Masker::Match> Masker::match_mac_name(std::string_view text) {
  if (text.size() < 15 || !absl::StartsWith(view(text), "enx") || (text.size() > 15 && is_word(text[15])))
    return std::nullopt;
  const std::string_view digits = text.substr(3, 12);
  if (run_of(digits, is_hex) != 12) return std::nullopt;
  return Match{15, absl::StrCat("enx", with_digits_of(digits, other_mac(number_in(digits))))};
}

std::optional<Masker::Match> Masker::match_ipv6(std::string_view text) {
  const std::string run(
      text.substr(0, run_of(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; })));
  if (std::ranges::count(run, ':') < 2) return std::nullopt;
  uint8_t address[16];
  for (size_t length = run.size(); length >= 2; --length) {  // a sentence's full stop or colon may follow
    if (inet_pton(AF_INET6, run.substr(0, length).c_str(), address) == 1)
      return length < text.size() && is_word(text[length])
                 ? std::nullopt
                 : std::optional(Match{length, other_ipv6(address)});
    if (is_hex(run[length - 1])) break;
  }
  return std::nullopt;
}

std::optional<Masker::Match> Masker::match_ipv4(std::string_view text) {
  size_t length = run_of(text, [](char c) { return is_digit(c) || c == '.'; });
  while (length > 0 && text[length - 1] == '.') --length;
  const auto found = address_of(text.substr(0, length));
  if (!found || (length < text.size() && is_word(text[length]))) return std::nullopt;
  const uint32_t address = found->ip4();
  uint32_t other = other_ipv4(address);
  if (length < text.size() && text[length] == '/') {
    const std::string_view rest = text.substr(length + 1);
    const auto bits = number_of<unsigned>(rest.substr(0, run_of(rest, is_digit)));
    const uint32_t hosts = bits && *bits < 32 ? ~uint32_t{0} >> *bits : 0;
    if ((address & hosts) == 0) other &= ~hosts;
  }
  return Match{length, print_address(other)};
}

std::optional<Masker::Match> Masker::match_name(std::string_view text) const {
  for (const std::string& name : names_) {
    if (!absl::StartsWithIgnoreCase(view(text), name)) continue;
    if (name.size() == text.size() || (!is_word(text[name.size()]) && text[name.size()] != '-'))
      return Match{name.size(), "host"};
  }
  return std::nullopt;
}

// A number that no other key has. When all are gone it repeats some: better two alike than one that shows.
uint32_t Masker::drawn(std::map<uint64_t, uint32_t>& table, uint64_t key, uint32_t least, uint32_t most) {
  const auto known = table.find(key);
  if (known != table.end()) return known->second;
  std::set<uint32_t>& taken = taken_[&table];
  uint32_t number = least + random_() % (most - least + 1);
  while (table.size() <= most - least && taken.contains(number)) number = number == most ? least : number + 1;
  taken.insert(number);
  return table[key] = number;
}

uint64_t Masker::other_mac(uint64_t mac) {
  if (belongs_to_nobody(mac)) return mac;
  const uint32_t other = drawn(macs_, mac, 0, kOurBits);
  return (mac & ~kOurBits) |
         (other == (mac & kOurBits) ? drawn(macs_, mac | uint64_t{1} << 48, 0, kOurBits) : other);
}

std::string Masker::other_octets(std::string_view octets) {
  const auto known = octets_.find(octets);
  if (known != octets_.end()) return known->second;
  std::string other(octets);
  for (size_t i = 9; i < other.size(); ++i)
    if (is_hex(other[i])) other[i] = "0123456789abcdef"[random_() & 15];
  return octets_[std::string(octets)] = other;
}

bool Masker::flip(uint32_t prefix, unsigned length) {
  const auto [at, fresh] = flips_.try_emplace({prefix, length});
  if (fresh) at->second = random_() & 1;
  return at->second;
}

uint32_t Masker::other_ipv4(uint32_t address) {
  if (stays(address)) return address;
  uint32_t other = drawn(networks4_, address >> 16, 0xf000, 0xfeff) << 16;
  for (unsigned length = 16; length < 32;
       ++length) {  // each bit by what stands before it, so that prefixes stay
    const uint32_t bit = address >> (31 - length) & 1;
    other |= (bit ^ (flip(address >> (32 - length), length) ? 1U : 0U)) << (31 - length);
  }
  return other;
}

std::string Masker::other_ipv6(const uint8_t* address) {
  uint64_t high = 0, low = 0;
  for (int i = 0; i < 8; ++i) high = high << 8 | address[i], low = low << 8 | address[i + 8];
  char text[INET6_ADDRSTRLEN];
  uint8_t other[16];
  std::copy_n(address, 16, other);
  const auto put = [&](int at, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) other[at + i] = static_cast<uint8_t>(number >> 8 * (bytes - 1 - i));
  };
  const bool mapped = high == 0 && low >> 32 == 0xffff;  // ::ffff:10.0.0.1
  const bool group = address[0] == 0xff;
  if (mapped) {
    put(12, other_ipv4(static_cast<uint32_t>(low)), 4);
  } else if (group && low >> 24 == 0x1ff) {  // solicited-node: the end of somebody's address (RFC 4291 2.7.1)
    put(13, drawn(nodes6_, low, 0, kOurBits), 3);
  } else if (!group && (high != 0 || low > 1)) {
    if (address[0] != 0xfe || address[1] >> 6 != 2) {  // not link-local
      put(0, 0x20010db8, 4);
      put(4, drawn(networks6_, high >> 16, 0, 0xffff), 2);
      put(6, drawn(subnets6_, high, 0, 0xffff), 2);
    }
    if (low != 0) put(8, uint64_t{drawn(identifiers6_, low, 1, UINT32_MAX - 1)}, 8);
  }
  return inet_ntop(AF_INET6, other, text, sizeof text);
}

}  // namespace relaysieve
