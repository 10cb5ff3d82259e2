// SPDX-License-Identifier: Apache-2.0
#include "support/network6.h"

#include <arpa/inet.h>

#include <algorithm>
#include <stdexcept>

namespace relaysieve::test {
namespace {

constexpr uint8_t kUdp = 17;

void put_address(Bytes& to, const Address& address) {
  for (const uint64_t half : {address.high, address.low}) {
    put32(to, static_cast<uint32_t>(half >> 32));
    put32(to, static_cast<uint32_t>(half));
  }
}

// RFC 8415 s9
Bytes relay_forw(uint8_t hops, const Router6& relay, const Address& peer, const Bytes& message) {
  Bytes bytes;
  put16(bytes, kRelayForw << 8 | hops);
  put_address(bytes, relay.link);
  put_address(bytes, peer);
  Options6 options = relay.before;
  options.push_back({kRelayMessage, message});
  options.insert(options.end(), relay.behind.begin(), relay.behind.end());
  put(bytes, encode(options));
  return bytes;
}

}  // namespace

Address operator""_ip6(const char* text, size_t) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text, &address) != 1) throw std::invalid_argument(text);
  uint64_t halves[2] = {};
  for (size_t i = 0; i < 16; ++i) halves[i / 8] = halves[i / 8] << 8 | address.s6_addr[i];
  return Address::of(halves[0], halves[1]);
}

Bytes encode(const Options6& options) {
  Bytes bytes;
  for (const Option6& option : options) {
    put16(bytes, option.code);
    put16(bytes, static_cast<unsigned>(option.value.size()));
    put(bytes, option.value);
  }
  return bytes;
}

Transmission6 Transmission6::with(Option6 option) const {
  Transmission6 changed = *this;
  const auto known = std::ranges::find(changed.options, option.code, &Option6::code);
  if (known == changed.options.end())
    changed.options.push_back(std::move(option));
  else
    *known = std::move(option);
  return changed;
}

Transmission6 Transmission6::without(uint16_t code) const {
  Transmission6 changed = *this;
  std::erase_if(changed.options, [&](const Option6& option) { return option.code == code; });
  return changed;
}

Transmission6 Transmission6::after(uint16_t hundredths) const {
  Bytes value;
  put16(value, hundredths);
  return with({kElapsedTime, value});
}

Bytes Transmission6::bytes() const {
  Bytes bytes;
  put32(bytes, uint32_t{type} << 24 | transaction);
  put(bytes, encode(options));
  return bytes;
}

Transmission6 solicit() {
  const Bytes duid = {0, 1, 0, 1, 0x2c, 0x11, 0x22, 0x33, 2, 0x57, 0, 0, 0, 1};
  return {
      .name = "dhclient's SOLICIT",
      .transaction = 0x9198d6,
      .options = {
          {kDuid, duid}, {kOptionRequest, {0, 23, 0, 59}}, {kElapsedTime, {0, 0}}, {kIaNa, Bytes(12, 1)}}};
}

Transmission6 request6() {
  return solicit().but(&Transmission6::type, kRequest6).but(&Transmission6::name, "dhclient's REQUEST");
}

Copy6 Router6::brings(const Transmission6& sent) const { return {.relay = *this, .sent = sent}; }
Copy6 Router6::brings(const Transmission6& sent, std::vector<Router6> through) const {
  return {.relay = *this, .sent = sent, .through = std::move(through)};
}

Bytes Copy6::relayed() const {
  Bytes message = sent.bytes();
  Address peer = sent.peer;
  uint8_t hops = 0;
  for (const Router6& router : through) {
    message = relay_forw(hops++, router, peer, message);
    peer = router.ip;
  }
  return relay_forw(hops, relay, peer, message);
}

Bytes Copy6::bytes() const {
  Bytes rest = payload.empty() ? relayed() : payload;
  const unsigned udp_size = static_cast<unsigned>(8 + rest.size());
  Bytes udp;
  for (unsigned word : {unsigned{relay.source_port}, unsigned{destination_port}, udp_size, 0u})
    put16(udp, word);
  put(udp, rest);
  Bytes pseudo;  // RFC 8200 s8.1
  pseudo.reserve(40 + udp.size());
  put_address(pseudo, relay.ip);
  put_address(pseudo, server);
  put32(pseudo, udp_size);
  put32(pseudo, kUdp);
  put(pseudo, udp);
  overwrite16(udp, 6, internet_checksum(pseudo));

  Bytes headers;
  for (size_t i = 0; i < extensions.size(); ++i) {
    put8(headers, i + 1 < extensions.size() ? extensions[i + 1].number : kUdp);
    put(headers, extensions[i].rest);
  }
  constexpr Mac kServerMac = "02:00:00:30:00:10"_mac;
  Bytes frame(12);
  std::ranges::copy(kServerMac, frame.begin());
  std::ranges::copy(relay.mac, frame.begin() + 6);
  for (const Tag& tag : tags) put16(frame, tag.tpid), put16(frame, unsigned{tag.priority} << 13 | tag.id);
  put16(frame, 0x86dd);
  put32(frame, 0x60000000);
  put16(frame, static_cast<unsigned>(headers.size() + udp.size()));
  put8(frame, extensions.empty() ? kUdp : extensions[0].number);
  put8(frame, 64);  // hop limit
  put_address(frame, relay.ip);
  put_address(frame, server);
  put(frame, headers);
  put(frame, udp);
  put(frame, trailer);
  return frame;
}

}  // namespace relaysieve::test
