// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/transmission.h"

namespace relaysieve::test {

struct Server {
  Ip ip = "10.30.0.10"_ip;
  Mac mac = "02:00:00:30:00:10"_mac;
};
inline const Server kServer;
inline const Server kSecondServer = {"10.30.0.11"_ip, "02:00:00:30:00:11"_mac};

struct Copy;

// A router with a relay agent. `writes` is what it does to the client's options: nothing, option 82, or worse.
struct Router {
  std::string name;
  Mac mac{};
  Ip ip = 0;
  Ip giaddr = 0;
  uint16_t port = 0;          // the port of the box at which its frames come in
  uint16_t source_port = 67;  // UDP; some relays keep the client's 68 (VPP), some use any (RFC 8357)
  std::function<void(Options&)> writes = {};

  template <class Field, class Value>
  Router but(Field Router::*field, Value value) const {
    Router changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Router asking_for(Ip giaddr) const;  // the same box with the address of another of its interfaces
  Router writing(std::function<void(Options&)> change) const {
    return but(&Router::writes, std::move(change));
  }

  Copy brings(const Transmission& sent) const;
};

// What relays do to options. Sub-options: circuit id 1, link selection 5 (RFC 3527), VRF 151 (RFC 6607).
using Writes = std::function<void(Options&)>;
Writes option82(const Options& sub_options);  // behind the client's options, as RFC 3046 wants it
Writes option82_at(size_t place, const Options& sub_options);  // before the client's place-th option
Writes option82_twice(const Options& sub_options);             // first and last
Writes option82_in_padding(const Options& sub_options);        // over the client's Pads, as ISC dhcrelay does
Writes rewriting(const Option& option);                        // replaces the client's option
inline Option circuit_id(std::string_view port) { return {1, bytes_of(port)}; }
inline Option link_selection(Ip subnet) { return {5, bytes_of(subnet)}; }
inline Option vrf(std::string_view name) {
  Option sub{151, {0}};  // 0: the name is an NVT ASCII VPN identifier (RFC 6607 s3.1)
  put(sub.value, bytes_of(name));
  return sub;
}

struct Tag {
  uint16_t id = 0;
  uint16_t tpid = 0x8100;
  uint8_t priority = 0;
};
enum class UdpChecksum { right, zero, wrong };

// One frame on the wire: a relay's copy of a transmission, with what may be odd about its headers.
struct Copy {
  Router relay;
  Transmission sent;  // with the relay's changes to the options in it
  Server server = kServer;
  uint8_t hops = 1;
  std::vector<Tag> tags = {};
  Bytes ip_options = {};       // a multiple of four bytes
  uint16_t fragment = 0x4000;  // flags and offset: don't fragment
  uint16_t destination_port = 67;
  UdpChecksum udp_checksum = UdpChecksum::right;
  Bytes trailer = {};  // behind the IP packet

  template <class Field, class Value>
  Copy but(Field Copy::*field, Value value) const {
    Copy changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Copy to(const Server& other) const { return but(&Copy::server, other); }
  Copy tagged(std::vector<Tag> with) const { return but(&Copy::tags, std::move(with)); }

  Bytes bytes() const;
  std::string what() const;  // "router A's copy of GRUB's DISCOVER"
};

}  // namespace relaysieve::test
