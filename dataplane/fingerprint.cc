// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.h"

#define XXH_INLINE_ALL
#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>
#include <system_error>

#include "options.h"
#include "wire.h"

namespace relaysieve {
namespace {

// An IPv4 datagram holds no more than this, so neither do its options.
constexpr size_t kScratchSize = 65'536;

// Fields laid end to end, to be hashed at once: the order and the widths are the format.
class Key {
 public:
  template <typename T>
  requires std::is_integral_v<T> Key& add(T value) { return add(&value, sizeof value); }
  Key& add(const void* bytes, size_t size) {
    std::copy_n(static_cast<const uint8_t*>(bytes), size, bytes_ + size_);
    size_ += size;
    return *this;
  }
  const void* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  uint8_t bytes_[320];  // the largest: a scope with a VRF of 255 bytes
  size_t size_ = 0;
};

// VLANs and server, then the client's hardware address: the start of both the client's and the message's key.
Key client_key(const Message& m, const Policy& policy) {
  Key key;
  if (!policy.ignore_vlan) key.add(m.vlans[0]).add(m.vlans[1]);
  const auto group = std::ranges::find_if(policy.server_groups, [&](const auto& servers) {
    return std::ranges::find(servers, m.server_ip) != servers.end();
  });
  const bool grouped = group != policy.server_groups.end();
  key.add(grouped).add(grouped ? static_cast<uint32_t>(group - policy.server_groups.begin()) : m.server_ip);
  key.add(&m.bootp[bootp::kHtype], 2);  // htype, hlen
  key.add(&m.bootp[bootp::kChaddr], bootp::kChaddrSize);
  return key;
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

uint64_t Fingerprint::hash(const void* bytes, size_t size) const {
  const uint64_t h = XXH3_64bits_withSecret(bytes, size, secret_.data(), secret_.size());
  return h != 0 ? h : 1;  // 0 marks a free place in a table
}

Request Fingerprint::of(const Message& m, uint16_t port, const Policy& policy) {
  Request request;
  request.type = m.type;
  request.scope = scope(m, policy);
  request.content = options(m, false);
  request.options = policy.match == Match::content ? request.content : options(m, true);
  request.relay = relay(m, port);

  Key key = client_key(m, policy);
  Key client = key;
  client.add(request.scope);
  request.client = hash(client.data(), client.size());
  key.add(&m.bootp[bootp::kXid], 4 + 2)
      .add(&m.bootp[bootp::kCiaddr], 4)
      .add(m.type);  // xid and secs lie together
  request.message = hash(key.data(), key.size());
  return request;
}

// The options as (code, length, value) in wire order, without 82 and Pad, or only those that make up the
// identity; behind them file and sname, where they are the client's own words and not just its padding.
uint32_t Fingerprint::options(const Message& m, bool only_identity) {
  uint8_t* end = scratch_.data();
  const auto add = [&](Bytes bytes) { end = std::copy(bytes.begin(), bytes.end(), end); };
  bool broken = false;
  walk_options(m.options, broken, [&](uint8_t code, Bytes value) {
    if (code == option::kRelayInfo || (only_identity && !identifies(code))) return;
    add({value.data() - 2, value.size() + 2});
  });
  const uint8_t overload = only_identity ? 0 : m.overload;
  if (m.type == 0 || overload & 1) add(m.bootp.subspan(bootp::kFile, bootp::kFileSize));
  if (m.type == 0 || overload & 2) add(m.bootp.subspan(bootp::kSname, bootp::kSnameSize));
  return static_cast<uint32_t>(hash(scratch_.data(), static_cast<size_t>(end - scratch_.data())));
}

uint32_t Fingerprint::scope(const Message& m, const Policy& policy) const {
  if (policy.scope == ScopeRule::any) return 0;
  const uint32_t address = m.link_selection.value_or(m.giaddr);
  const auto group = std::ranges::find_if(policy.relay_groups, [&](const Networks& members) {
    return std::ranges::any_of(members, [&](const Network& n) { return n.contains(address); });
  });
  Key key;
  if (group != policy.relay_groups.end()) {
    key.add(true).add(static_cast<uint32_t>(group - policy.relay_groups.begin()));
  } else {
    const uint8_t bits = policy.scope == ScopeRule::exact ? 32 : policy.subnet_bits;
    key.add(false).add(address & Network{address, bits}.mask());
  }
  key.add(m.vrf.data(), m.vrf.size());
  return static_cast<uint32_t>(hash(key.data(), key.size()));
}

Relay Fingerprint::relay(const Message& m, uint16_t port) {
  Key router, asked;
  router.add(port).add(m.source_mac.data(), m.source_mac.size()).add(m.source_ip);
  asked.add(m.giaddr).add(m.link_selection.has_value()).add(m.link_selection.value_or(0));
  Relay relay{.router = static_cast<uint32_t>(hash(router.data(), router.size())),
              .asked = static_cast<uint32_t>(hash(asked.data(), asked.size()))};
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
