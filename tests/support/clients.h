// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "support/transmission.h"

namespace relaysieve::test {

using std::chrono::nanoseconds;

constexpr Ip kAnswering = "10.30.0.10"_ip;  // the server whose OFFER a client takes

// A boot client: what it writes into a request, as a function of how long it has been running. `discover(200ms)`
// is the DISCOVER that it sends 200 ms after its start; with GRUB and U-Boot it equals discover(0ms), byte by byte.
struct Client {
  std::string name;
  std::array<uint8_t, 16> chaddr{};
  uint8_t hlen = 6;
  uint16_t flags = 0;
  std::function<uint32_t(nanoseconds)> xid;
  std::function<uint16_t(nanoseconds)> secs;
  Options options;  // all but the message type
  std::string file = {};

  Transmission discover(nanoseconds running = {}) const;
  // Answers an OFFER, hence with the DISCOVER's xid: the same clock reading as discover() (RFC 2131 s4.4.1).
  Transmission request(nanoseconds running = {}, Ip server = kAnswering) const;
  Transmission inform(nanoseconds running = {}) const;

  Client called(Mac mac) const;     // another board with the same program
  Client with_hlen(uint8_t) const;  // the same, with another length of chaddr

 private:
  Transmission message(uint8_t type, const char* word, nanoseconds running) const;
};

Client grub();             // xid and secs are the clock's seconds; repeats after 0.2, 0.4, 0.8 s
Client u_boot();           // one xid, secs whole seconds; repeats after 0.25 s
Client ipxe();             // one xid for the session, secs differ on every send; DISCOVER 1 s, REQUEST 0.25 s
Client edk2();             // one xid, secs kept; repeats after 4 s
Client raspberry_pi();     // xid 0x26f30339 on every board; about 1 s
Client udhcpc();           // one xid, secs run; 3 s
Client network_manager();  // new xid for every DISCOVER; 2 s

// Plain BOOTP (RFC 951): no cookie, a file name.
Transmission plain_bootp(const std::string& file);

}  // namespace relaysieve::test
