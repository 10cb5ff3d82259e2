// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "relaysieve/address.h"
#include "support/network.h"

namespace relaysieve::test {

// "fd20:30::10"_ip6; one :: at most, no dots.
Address operator""_ip6(const char* text, size_t size);

// Options and message types that the tests name (RFC 8415 s21, s7.3; RFC 4649, 5007, 7341).
enum : uint16_t {
  kDuid = 1,
  kIaNa = 3,
  kOptionRequest = 6,
  kElapsedTime = 8,
  kRelayMessage = 9,
  kUserClass6 = 15,
  kInterfaceId = 18,
  kIaPd = 25,
  kRemoteId = 37,
};
enum : uint8_t {
  kSolicit = 1,
  kAdvertise = 2,
  kRequest6 = 3,
  kRenew = 5,
  kReply6 = 7,
  kReconfigure = 10,
  kInformationRequest = 11,
  kRelayForw = 12,
  kRelayRepl = 13,
  kLeasequery6 = 14,
  kDhcp4Query = 20,
};

struct Option6 {
  uint16_t code = 0;
  Bytes value;

  friend auto operator<=>(const Option6&, const Option6&) = default;
};
using Options6 = std::vector<Option6>;
Bytes encode(const Options6& options);

// What a DHCPv6 client writes once (RFC 8415 s8).
struct Transmission6 {
  std::string name;
  uint8_t type = kSolicit;
  uint32_t transaction = 0;  // 24 bits
  Options6 options = {};
  Address peer = "fe80::57:ff:fe00:1"_ip6;  // the client's address

  template <class Field, class Value>
  Transmission6 but(Field Transmission6::*field, Value value) const {
    Transmission6 changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Transmission6 with(Option6 option) const;  // replaces the option of that code, or adds it at the end
  Transmission6 without(uint16_t code) const;
  Transmission6 after(uint16_t hundredths) const;  // elapsed time (option 8, 1/100 s)
  Bytes bytes() const;
};

// ISC dhclient -6: DUID-LLT, elapsed time, an address; repeats after 1 s.
Transmission6 solicit();
Transmission6 request6();

struct Copy6;

// A router with a DHCPv6 relay agent, or a switch with one that gives no link-address (RFC 6221).
struct Router6 {
  std::string name;
  Mac mac{};
  Address ip;
  Address link;
  uint16_t port = 0;                  // the port of the box at which its frames come in
  uint16_t source_port = 547;         // UDP; wide-dhcpv6 uses 546
  Options6 before = {}, behind = {};  // what it writes before and behind the Relay Message option

  template <class Field, class Value>
  Router6 but(Field Router6::*field, Value value) const {
    Router6 changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Copy6 brings(const Transmission6& sent) const;
  // What other relays brought it, the client's first.
  Copy6 brings(const Transmission6& sent, std::vector<Router6> through) const;
};

inline const Address kServer6 = "fd20:30::10"_ip6, kSecondServer6 = "fd20:30::11"_ip6;

// An IPv6 extension header: its number, and its bytes without the first, which says what follows.
struct Extension {
  uint8_t number = 0;
  Bytes rest;
};

// One frame on the wire.
struct Copy6 {
  Router6 relay;
  Transmission6 sent;
  std::vector<Router6> through = {};  // other relays before it, the client's first
  Address server = kServer6;
  std::vector<Tag> tags = {};
  std::vector<Extension> extensions = {};
  uint16_t destination_port = 547;
  Bytes payload = {};  // instead of all that: the datagram's
  Bytes trailer = {};  // behind the IP packet

  template <class Field, class Value>
  Copy6 but(Field Copy6::*field, Value value) const {
    Copy6 changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Copy6 to(const Address& other) const { return but(&Copy6::server, other); }
  Copy6 tagged(std::vector<Tag> with) const { return but(&Copy6::tags, std::move(with)); }

  Bytes relayed() const;  // the datagram's payload
  Bytes bytes() const;
  std::string what() const { return "router " + relay.name + "'s copy of " + sent.name; }
};

}  // namespace relaysieve::test
