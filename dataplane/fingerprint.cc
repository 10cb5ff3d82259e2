// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.h"

#include <sys/random.h>

#include <algorithm>
#include <random>
#include <system_error>

#include "groups.h"
#include "maker.h"
#include "maker6.h"
#include "options.h"
#include "options6.h"
#include "short_way.h"

namespace relaysieve {
namespace {

// KeyedHash::bytes may read this much before what it is given; in a frame that is a header.
constexpr size_t kFront = 32;
// An IP datagram holds no more than this, so neither do its options.
constexpr size_t kScratchSize = kFront + 65'536;

constexpr bool identifies(uint8_t code) {
  return code == option::kRequestedAddress || code == option::kServerId || code == option::kClientId;
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

// Clients' messages whose transaction has a number (RFC 8415 s7.3, s8); what else there is, or will be, may have another
// form: DHCPv4-over-DHCPv6 (RFC 7341) has flags there.
constexpr bool has_transaction(uint8_t type) {
  constexpr uint8_t kSolicit = 1, kRequest = 3, kConfirm = 4, kRenew = 5, kRebind = 6, kRelease = 8,
                    kDecline = 9, kInformationRequest = 11;
  switch (type) {
    case kSolicit:
    case kRequest:
    case kConfirm:
    case kRenew:
    case kRebind:
    case kRelease:
    case kDecline:
    case kInformationRequest:
      return true;
    default:
      return false;
  }
}

Parts6 parts_of(const Message6& m, const Policy& policy, uint8_t* scratch) {
  Parts6 parts{
      .relay_ids = {}, .behind = {}, .whole = policy.match == Match::content || !has_transaction(m.type)};
  if (!m.has_relay_ids && m.relays == 1) return parts;
  uint8_t* const ids = scratch + kFront;
  uint8_t* const behind = ids + kScratchSize;
  uint8_t *ids_end = ids, *behind_end = behind;
  Bytes rest = m.relay, message;
  for (unsigned n = 1; n <= m.relays; ++n, rest = message) {
    const Bytes peer = rest.subspan(dhcp6::kRelayHeader - 16, 16);  // the last one's is the client
    if (n < m.relays) behind_end = std::copy(peer.begin(), peer.end(), behind_end);
    walk_options6(rest.subspan(dhcp6::kRelayHeader), [&](uint16_t code, Bytes value) {
      if (code == dhcp6::kRelayMessage) message = value;
      if (code == dhcp6::kInterfaceId || code == dhcp6::kRemoteId)
        ids_end = std::copy(value.data() - 4, value.data() + value.size(), ids_end);
    });
  }
  parts.relay_ids = {ids, ids_end};
  parts.behind = {behind, behind_end};
  return parts;
}

#if defined(__x86_64__)
[[gnu::flatten]] RELAYSIEVE_AES void make_with_aes(const Maker6<AesNi>& maker, const Message6& m,
                                                   const Parts6& parts, uint16_t port, Request& request) {
  maker.make(m, parts, port, request);
}
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
                           Passed* passed) {
  uint64_t relayed = 0;
#if defined(__x86_64__)
  if (aes_ && policy.match == Match::content)
    relayed = make_usual({keys_, policy}, frames, layouts_, requests);
#endif
  const uint64_t all = ~uint64_t{0} >> (64 - frames.size());
  for (uint64_t left = all & ~relayed; left != 0; left &= left - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(left));
    Passed& why = passed[i];
    why.family = is_ipv6(frames[i].bytes) ? Family::v6 : Family::v4;
    const bool request = why.family == Family::v6 ? read6(frames[i], policy, requests[i], why.reason)
                                                  : read4(frames[i], policy, requests[i], why.reason);
    if (request)
      relayed |= left & -left;
    else if (!has_family(why.reason))
      why.family = Family::none;
  }
  return relayed;
}

bool Fingerprint::read4(const Frame& frame, const Policy& policy, Request& request, Reason& why) {
  const Parsed parsed = parse_dhcp4(frame.bytes);
  why = parsed.reason;
  if (!parsed.message) return false;
  const Message& m = *parsed.message;
  why = Reason::untrusted_relay;
  if (!trusted(m.source_ip, m.giaddr, policy.trusted_relays)) return false;
  request = of(m, frame.port, policy);
  layouts_.learn(frame.bytes, m);
  return true;
}

bool Fingerprint::read6(const Frame& frame, const Policy& policy, Request& request, Reason& why) {
  const Parsed6 parsed = parse_dhcp6(frame.bytes);
  why = parsed.reason;
  if (!parsed.message) return false;
  const Message6& m = *parsed.message;
  why = Reason::untrusted_relay;
  if (!trusted(m.source_ip, m.link_address, policy.trusted_relays)) return false;
  why = Reason::prefix_delegation;
  if (m.prefix_delegation && !policy.dedup_prefix_delegation) return false;
  request = of(m, frame.port, policy);
  return true;
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

Request Fingerprint::of(const Message6& m, uint16_t port, const Policy& policy) {
  const Parts6 parts = parts_of(m, policy, scratch_.data());
  Request request;
#if defined(__x86_64__)
  if (aes_) {
    make_with_aes(Maker6<AesNi>{{keys_}, policy}, m, parts, port, request);
    return request;
  }
#endif
  Maker6<Portable>{{keys_}, policy}.make(m, parts, port, request);
  return request;
}

}  // namespace relaysieve
