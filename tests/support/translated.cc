// SPDX-License-Identifier: Apache-2.0
#include "support/translated.h"

namespace relaysieve::test {
namespace {

constexpr uint64_t kRelays = 0xfd20'0030'0000'0000, kServers = 0xfd20'0031'0000'0000,
                   kLinks = 0xfd20'0000'0000'0000;

constexpr uint16_t kBootFile6 = 59;  // RFC 5970; whatever is said there is only compared

uint8_t as_type6(uint8_t type) {
  return type == kDiscover  ? uint8_t{kSolicit}
         : type == kRequest ? uint8_t{kRequest6}
                            : uint8_t{kInformationRequest};
}

Transmission6 said(const Transmission& sent) {
  Transmission6 said{.name = sent.name, .type = as_type6(sent.type()), .transaction = sent.xid & 0xffffff};
  uint64_t host = 0;
  for (size_t i = 0; i < 8; ++i) host = host << 8 | sent.chaddr[i];
  said.peer = Address::of(0xfe80'0000'0000'0000, host);
  if (sent.hlen != 0) {
    Bytes duid = {sent.htype, sent.hlen};
    duid.insert(duid.end(), sent.chaddr.begin(), sent.chaddr.end());
    said.options.push_back({kDuid, duid});
  }
  Options rest;
  for (const Option& option : sent.options)
    if (option.code != kMessageType && option.code != kRelayInfo && option.code != kPad)
      rest.push_back(option);
  said.options.push_back({kUserClass6, encode(rest)});
  for (const Bytes& field : {sent.sname, sent.file})
    if (!field.empty()) said.options.push_back({kBootFile6, field});
  return said.after(sent.secs);
}

}  // namespace

Address as_ip6(const Server& server) { return Address::of(kServers, server.ip); }
Address as_link6(Ip giaddr) { return Address::of(kLinks | giaddr >> 8, giaddr & 0xff); }
Network as_network6(const Network& of_giaddrs) {
  const unsigned bits = of_giaddrs.bits - 96u;
  return {as_link6(of_giaddrs.address.ip4()), bits > 24 ? 96 + bits : 40 + bits};
}

Copy6 as_dhcp6(const Copy& copy) {
  const Router& router = copy.relay;
  Router6 relay{.name = router.name,
                .mac = router.mac,
                .ip = Address::of(kRelays, router.ip),
                .link = as_link6(router.giaddr),
                .port = router.port};
  for (const Option& option : copy.sent.options)
    if (option.code == kRelayInfo) relay.before.push_back({kInterfaceId, option.value});
  return {.relay = relay, .sent = said(copy.sent), .server = as_ip6(copy.server), .tags = copy.tags};
}

}  // namespace relaysieve::test
