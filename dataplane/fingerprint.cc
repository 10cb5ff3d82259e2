// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.h"

#include <sys/random.h>

#include <algorithm>
#include <random>
#include <system_error>

#include "options.h"
#include "short_way.h"

namespace relaysieve {
namespace {

// KeyedHash::bytes may read this much before what it is given; in a frame that is the BOOTP header.
constexpr size_t kFront = 32;
// An IPv4 datagram holds no more than this, so neither do its options.
constexpr size_t kScratchSize = kFront + 65'536;

// Which group holds it: a network or a server that has a number instead of its address.
template <typename Groups, typename Holds>
std::optional<uint32_t> number_of(const Groups& groups, Holds holds) {
  for (size_t i = 0; i < groups.size(); ++i)
    if (std::ranges::any_of(groups[i], holds)) return static_cast<uint32_t>(i);
  return std::nullopt;
}

bool held(uint32_t ip, const Networks& networks) {
  return std::ranges::any_of(networks, [&](const Network& n) { return n.contains(ip); });
}
[[gnu::cold, gnu::noinline]] bool trusted(uint32_t source_ip, uint32_t giaddr, const Networks& relays) {
  return relays.empty() || (held(source_ip, relays) && held(giaddr, relays));
}

constexpr bool identifies(uint8_t code) {
  return code == option::kRequestedAddress || code == option::kServerId || code == option::kClientId;
}

// What is rare stands outside the loop over a burst.

// A server group stands for its members: its number, in the network 0.0.0.0/8 where no server is.
[[gnu::cold, gnu::noinline]] uint32_t server_of(uint32_t ip, const Policy& policy) {
  return number_of(policy.server_groups, [&](uint32_t member) { return member == ip; }).value_or(ip);
}

[[gnu::cold, gnu::noinline]] std::optional<uint32_t> group_of(uint32_t address, const Policy& policy) {
  return number_of(policy.relay_groups, [&](const Network& n) { return n.contains(address); });
}

// The options as (code, length, value) in wire order, without 82 and Pad, or only those that make up the identity;
// behind them file and sname, where they are the client's own words and not just its padding.
Bytes options_of(const Message& m, bool only_identity, uint8_t* scratch) {
  const bool file = m.type == 0 || (!only_identity && m.overload & 1);
  const bool sname = m.type == 0 || (!only_identity && m.overload & 2);
  if (m.in_one_piece && !only_identity && !file && !sname) return m.own_options;

  uint8_t* const begin = scratch + kFront;
  uint8_t* end = begin;
  const auto add = [&](Bytes bytes) { end = std::copy(bytes.begin(), bytes.end(), end); };
  bool broken = false;
  walk_options(m.options, broken, [&](uint8_t code, Bytes value) {
    if (code == option::kRelayInfo || (only_identity && !identifies(code))) return;
    add({value.data() - 2, value.size() + 2});
  });
  if (file) add(m.bootp.subspan(bootp::kFile, bootp::kFileSize));
  if (sname) add(m.bootp.subspan(bootp::kSname, bootp::kSnameSize));
  return {begin, end};
}

Bytes relay_infos_of(const Message& m, uint8_t* scratch) {
  if (m.relay_infos <= 1) return m.relay_info;
  uint8_t* const begin = scratch + kFront;
  uint8_t* end = begin;
  bool broken = false;
  walk_options(m.options, broken, [&](uint8_t code, Bytes value) {
    if (code == option::kRelayInfo) end = std::copy(value.begin(), value.end(), end);
  });
  return {begin, end};
}

// Bytes of a frame as a number in the machine's own order.
template <typename Number>
Number number(const uint8_t* bytes) {
  Number n;
  std::memcpy(&n, bytes, sizeof n);
  return n;
}
// Six of eight that can be read.
uint64_t first_6(const uint8_t* bytes) {
  constexpr uint64_t kMask = relaysieve::number({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  return number<uint64_t>(bytes) & kMask;
}

template <typename Cpu>
struct Maker {
  using Place = HashKeys::Place;
  KeyedHash<Cpu> hash;
  const Policy& policy;
  // What of it each frame asks for.
  const uint64_t vlan_mask;
  const uint32_t network_mask;
  const bool server_groups, relay_groups, all_trusted;

  Maker(const HashKeys& keys, const Policy& p)
      : hash{keys},
        policy(p),
        vlan_mask(p.ignore_vlan ? 0 : ~uint64_t{0}),
        network_mask(mask_of(p)),
        server_groups(!p.server_groups.empty()),
        relay_groups(p.scope != ScopeRule::any && !p.relay_groups.empty()),
        all_trusted(p.trusted_relays.empty()) {}

  static uint32_t mask_of(const Policy& p) {
    if (p.scope == ScopeRule::any) return 0;
    return p.scope == ScopeRule::exact ? ~uint32_t{0} : Network{0, p.subnet_bits}.mask();
  }

  // `content` and `options`: hashes of all the options, and of those that count under the policy's `match`.
  void make(const Parts& p, uint32_t content, uint32_t options, uint16_t port, Request& request) const {
    const uint8_t* b = p.bootp;
    const uint32_t server = server_groups ? server_of(p.server_ip, policy) : p.server_ip;
    const auto who =
        Cpu::both(hash.block(server | (p.vlans & vlan_mask), number<uint16_t>(b + bootp::kHtype),  // and hlen
                             Place::kServer),
                  hash.block(Cpu::load(b + bootp::kChaddr), Place::kChaddr));
    const auto ask = hash.block(first_6(b + bootp::kXid) | uint64_t{p.type} << 48,  // secs lies behind xid
                                number<uint32_t>(b + bootp::kCiaddr), Place::kAsk);
    const uint64_t message = Cpu::high(Cpu::both(who, ask));
    request.who = Cpu::low(who);
    request.key.scope = scope(static_cast<uint32_t>(p.subnet), p.vrf);
    request.key.message = static_cast<uint32_t>(message);
    request.key.options = static_cast<uint32_t>(message >> 32) ^ options;
    request.key.who = static_cast<uint16_t>(request.who >> 16);
    request.key.content = static_cast<uint16_t>(content);
    request.router = static_cast<uint32_t>(
        Cpu::low(hash.block(first_6(p.source_mac) | uint64_t{port} << 48, p.source_ip, Place::kRouter)));
    const auto asked = static_cast<uint32_t>(
        Cpu::low(hash.block(p.giaddr | p.subnet << 32, p.has_link_selection, Place::kAsked)));
    request.relay =
        relay_id(request.router, asked, p.relay_info.data() != nullptr ? short_hash(p.relay_info) : 0);
    request.type = p.type;
  }

  uint32_t short_hash(Bytes bytes) const {
    return static_cast<uint32_t>(Cpu::low(hash.bytes(bytes.data(), bytes.size())));
  }

  // A network that holds a unicast address begins below 224.0.0.0, however short its prefix: what lies above is free to
  // tell groups and VRFs apart from it.
  uint32_t scope(uint32_t address, Bytes vrf) const {
    constexpr uint32_t kGroups = 0xe0000000, kHashed = 0xf0000000;
    const uint32_t network = address & network_mask;
    if (!relay_groups && vrf.empty() && network < kGroups) return network;
    if (policy.scope == ScopeRule::any) return 0;
    const std::optional<uint32_t> group = group_of(address, policy);
    const uint32_t scope = group ? kGroups + *group : network;
    if (vrf.empty() && (group || network < kGroups)) return scope;
    const uint64_t name = vrf.empty() ? 0 : Cpu::low(hash.bytes(vrf.data(), vrf.size()));
    return kHashed | static_cast<uint32_t>(Cpu::low(
                         hash.block(scope | uint64_t{group.has_value()} << 32, name, Place::kScope)));
  }
};

#if defined(__x86_64__)
[[gnu::flatten]] RELAYSIEVE_AES void make_with_aes(const Maker<AesNi>& maker, const Parts& parts,
                                                   uint32_t content, uint32_t options, uint16_t port,
                                                   Request& request) {
  maker.make(parts, content, options, port, request);
}
RELAYSIEVE_AES uint32_t hash_with_aes(const Maker<AesNi>& maker, Bytes bytes) {
  return maker.short_hash(bytes);
}

// The frames that the short way leads through; bit i: frame i.
[[gnu::flatten]] RELAYSIEVE_AES uint64_t make_usual(const Maker<AesNi> maker, std::span<const Frame> frames,
                                                    const Layouts& layouts, Request* requests) {
  uint64_t made = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    Parts p;
    AesNi::Block nh;
    if (!short_way<AesNi>(frames[i].bytes, layouts, maker.hash.keys, p, nh)) continue;
    if (!maker.all_trusted && !trusted(p.source_ip, p.giaddr, maker.policy.trusted_relays)) continue;
    const auto content = static_cast<uint32_t>(AesNi::low(maker.hash.bytes(nh)));
    maker.make(p, content, content, frames[i].port, requests[i]);
    made |= uint64_t{1} << i;
  }
  return made;
}
#endif

}  // namespace

Fingerprint::Fingerprint(uint64_t seed, Cpu cpu) : scratch_(2 * kScratchSize) {
#if defined(__x86_64__)
  aes_ = cpu == Cpu::best && AesNi::supported();
#endif
  if (seed == 0) {
    if (getrandom(&keys_, sizeof keys_, 0) != static_cast<ssize_t>(sizeof keys_))
      throw std::system_error(errno, std::generic_category(), "no random key from the system");
    return;
  }
  std::mt19937_64 random(seed);
  std::array<uint64_t, sizeof keys_ / 8> numbers;
  std::ranges::generate(numbers, random);
  std::memcpy(&keys_, numbers.data(), sizeof keys_);
}

uint64_t Fingerprint::read(std::span<const Frame> frames, const Policy& policy, Request* requests,
                           Reason* reasons) {
  uint64_t relayed = 0;
#if defined(__x86_64__)
  if (aes_ && policy.match == Match::content)
    relayed = make_usual({keys_, policy}, frames, layouts_, requests);
#endif
  const uint64_t all = ~uint64_t{0} >> (64 - frames.size());
  for (uint64_t left = all & ~relayed; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    const Parsed parsed = parse_dhcp4(frames[i].bytes);
    if (!parsed.message) {
      reasons[i] = parsed.reason;
    } else if (const Message& m = *parsed.message; !trusted(m.source_ip, m.giaddr, policy.trusted_relays)) {
      reasons[i] = Reason::untrusted_relay;
    } else {
      requests[i] = of(m, frames[i].port, policy);
      relayed |= left & -left;
      layouts_.learn(frames[i].bytes, m);
    }
  }
  return relayed;
}

Request Fingerprint::of(const Message& m, uint16_t port, const Policy& policy) {
  uint8_t* const scratch = scratch_.data();
  const Parts parts{.source_mac = m.source_mac.data(),
                    .bootp = m.bootp.data(),
                    .vlans = uint64_t{m.vlans[0]} << 48 | uint64_t{m.vlans[1]} << 32,
                    .source_ip = m.source_ip,
                    .server_ip = m.server_ip,
                    .giaddr = m.giaddr,
                    .subnet = m.subnet(),
                    .has_link_selection = m.link_selection.has_value(),
                    .type = m.type,
                    .relay_info = relay_infos_of(m, scratch + kScratchSize),
                    .vrf = m.vrf};
  const Bytes all = options_of(m, false, scratch);
  Request request;
#if defined(__x86_64__)
  if (aes_) {
    const Maker<AesNi> maker(keys_, policy);
    const uint32_t content = hash_with_aes(maker, all);
    const uint32_t options =
        policy.match == Match::identity ? hash_with_aes(maker, options_of(m, true, scratch)) : content;
    make_with_aes(maker, parts, content, options, port, request);
    return request;
  }
#endif
  const Maker<Portable> maker(keys_, policy);
  const uint32_t content = maker.short_hash(all);
  const uint32_t options =
      policy.match == Match::identity ? maker.short_hash(options_of(m, true, scratch)) : content;
  maker.make(parts, content, options, port, request);
  return request;
}

}  // namespace relaysieve
