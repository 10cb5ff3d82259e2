// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.h"

#define XXH_INLINE_ALL
#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "options.h"
#include "wire.h"

namespace relaysieve {
namespace {

// An IPv4 datagram holds no more than this, so neither do its options.
constexpr size_t kScratchSize = 65'536;

// Fields laid end to end, to be hashed at once: the order and the widths are the format. Their number is known when
// this is compiled, so that each key costs a few stores and one short hash.
template <typename... Fields>
auto packed(Fields... fields) {
  std::array<uint8_t, (sizeof(Fields) + ...)> bytes;
  uint8_t* end = bytes.data();
  ((std::memcpy(end, &fields, sizeof fields), end += sizeof fields), ...);
  return bytes;
}

template <size_t kSize>
std::array<uint8_t, kSize> copy_of(const uint8_t* bytes) {
  std::array<uint8_t, kSize> copy;
  std::memcpy(copy.data(), bytes, kSize);
  return copy;
}

// A server group stands for its members: its number, in the network 0.0.0.0/8 where no server is.
uint32_t server_of(const Message& m, const Policy& policy) {
  const auto group = std::ranges::find_if(policy.server_groups, [&](const auto& servers) {
    return std::ranges::find(servers, m.server_ip) != servers.end();
  });
  if (group == policy.server_groups.end()) return m.server_ip;
  return static_cast<uint32_t>(group - policy.server_groups.begin());
}

constexpr bool identifies(uint8_t code) {
  return code == option::kRequestedAddress || code == option::kServerId || code == option::kClientId;
}

}  // namespace

Fingerprint::Fingerprint(uint64_t seed) : scratch_(kScratchSize) {
  if (seed != 0)
    XXH3_generateSecret_fromSeed(secret_.data(), seed);
  else if (getrandom(secret_.data(), secret_.size(), 0) != static_cast<ssize_t>(secret_.size()))
    throw std::system_error(errno, std::generic_category(), "no random seed from the system");
}

template <size_t kSize>
uint64_t Fingerprint::hash(const std::array<uint8_t, kSize>& key) const {
  return hash(key.data(), kSize);
}

uint64_t Fingerprint::hash(const void* bytes, size_t size) const {
  const uint64_t h = XXH3_64bits_withSecret(bytes, size, secret_.data(), secret_.size());
  return h != 0 ? h : 1;  // 0 marks a free place in a table
}

Request Fingerprint::of(const Message& m, uint16_t port, const Policy& policy) {
  const uint32_t vlans = policy.ignore_vlan ? 0 : uint32_t{m.vlans[0]} << 16 | m.vlans[1];
  const uint8_t* b = m.bootp.data();
  Request request;
  request.who = hash(packed(vlans, server_of(m, policy), copy_of<2>(b + bootp::kHtype),  // htype, hlen
                            copy_of<bootp::kChaddrSize>(b + bootp::kChaddr)));
  request.type = m.type;
  request.subnet = m.subnet();
  request.scope = scope(m, policy);
  request.client = hash(packed(request.who, request.scope));
  request.message = hash(packed(request.who, copy_of<6>(b + bootp::kXid),  // xid and secs lie together
                                copy_of<4>(b + bootp::kCiaddr), m.type));
  request.content = options(m, false);
  request.options = policy.match == Match::content ? request.content : options(m, true);
  request.relay = relay(m, port);
  return request;
}

// The options as (code, length, value) in wire order, without 82 and Pad, or only those that make up the identity;
// behind them file and sname, where they are the client's own words and not just its padding.
uint32_t Fingerprint::options(const Message& m, bool only_identity) {
  const uint8_t overload = only_identity ? 0 : m.overload;
  const bool file = m.type == 0 || overload & 1, sname = m.type == 0 || overload & 2;
  if (m.in_one_piece && !only_identity && !file && !sname)  // nearly always: they are hashed where they lie
    return static_cast<uint32_t>(hash(m.own_options.data(), m.own_options.size()));

  uint8_t* end = scratch_.data();
  const auto add = [&](Bytes bytes) { end = std::copy(bytes.begin(), bytes.end(), end); };
  bool broken = false;
  walk_options(m.options, broken, [&](uint8_t code, Bytes value) {
    if (code == option::kRelayInfo || (only_identity && !identifies(code))) return;
    add({value.data() - 2, value.size() + 2});
  });
  if (file) add(m.bootp.subspan(bootp::kFile, bootp::kFileSize));
  if (sname) add(m.bootp.subspan(bootp::kSname, bootp::kSnameSize));
  return static_cast<uint32_t>(hash(scratch_.data(), static_cast<size_t>(end - scratch_.data())));
}

// A network that holds a unicast address begins below 224.0.0.0, however short its prefix: what lies above is free to
// tell groups and VRFs apart from it.
uint32_t Fingerprint::scope(const Message& m, const Policy& policy) const {
  constexpr uint32_t kGroups = 0xe0000000, kHashed = 0xf0000000;
  if (policy.scope == ScopeRule::any) return 0;
  const uint32_t address = m.subnet();
  const auto group = std::ranges::find_if(policy.relay_groups, [&](const Networks& members) {
    return std::ranges::any_of(members, [&](const Network& n) { return n.contains(address); });
  });
  const bool grouped = group != policy.relay_groups.end();
  const Network network{address, policy.scope == ScopeRule::exact ? uint8_t{32} : policy.subnet_bits};
  const uint32_t scope = grouped ? kGroups + static_cast<uint32_t>(group - policy.relay_groups.begin())
                                 : address & network.mask();
  if (m.vrf.empty() && (grouped || scope < kGroups)) return scope;
  const uint64_t vrf = m.vrf.empty() ? 0 : hash(m.vrf.data(), m.vrf.size());
  return kHashed | static_cast<uint32_t>(hash(packed(scope, grouped, vrf)));
}

Relay Fingerprint::relay(const Message& m, uint16_t port) {
  Relay relay;
  relay.router = static_cast<uint32_t>(hash(packed(port, copy_of<6>(m.source_mac.data()), m.source_ip)));
  relay.asked = static_cast<uint32_t>(
      hash(packed(m.giaddr, m.link_selection.has_value(), m.link_selection.value_or(0))));
  if (!m.relay_info) return relay;

  uint8_t* end = scratch_.data();
  bool broken = false;
  walk_options(m.options, broken, [&](uint8_t code, Bytes value) {
    if (code == option::kRelayInfo) end = std::copy(value.begin(), value.end(), end);
  });
  relay.circuit = static_cast<uint32_t>(hash(scratch_.data(), static_cast<size_t>(end - scratch_.data())));
  return relay;
}

}  // namespace relaysieve
