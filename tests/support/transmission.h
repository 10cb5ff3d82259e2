// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "support/bytes.h"

namespace relaysieve::test {

// Option numbers and message types that the tests name (RFC 2132, 3046, 4388, 4578).
enum : uint8_t {
  kPad = 0,
  kRequestedAddress = 50,
  kOverload = 52,
  kMessageType = 53,
  kServerId = 54,
  kParameterList = 55,
  kMaxSize = 57,
  kVendorClass = 60,
  kClientId = 61,
  kUserClass = 77,
  kRelayInfo = 82,
  kArchitecture = 93,
  kMachineId = 97,
  kEnd = 255,
};
enum : uint8_t { kDiscover = 1, kOffer = 2, kRequest = 3, kRelease = 7, kInform = 8, kLeasequery = 10 };

struct Option {
  uint8_t code = kPad;
  Bytes value;

  friend auto operator<=>(const Option&, const Option&) = default;
};
using Options = std::vector<Option>;

// (code, length, value) one after the other; a Pad is one byte. Serves for options and for the sub-options
// of option 82 alike. No End is added.
Bytes encode(const Options& options);

// What a client writes once: the BOOTP message (RFC 951, RFC 2131 s2) as it leaves the client, before any
// relay touched it. A repeated request is another Transmission, or the same object again if it is unchanged.
struct Transmission {
  std::string name;  // for messages: "GRUB's DISCOVER"
  uint8_t op = 1;
  uint8_t htype = 1;
  uint8_t hlen = 6;
  uint32_t xid = 0;
  uint16_t secs = 0;
  uint16_t flags = 0;
  Ip ciaddr = 0;
  Ip yiaddr = 0;
  Ip siaddr = 0;
  std::array<uint8_t, 16> chaddr{};
  Bytes sname = {};    // at most 64 bytes
  Bytes file = {};     // at most 128 bytes
  bool cookie = true;  // false: BOOTP without a vendor area that means anything
  Options options = {};
  bool end = true;       // close the options with End
  Bytes after_end = {};  // bytes behind End
  size_t least = 300;    // padded with zeros to this many bytes: many clients' BOOTP minimum (RFC 951)

  // The same but for one field: discover.but(&Transmission::secs, 4)
  template <class Field, class Value>
  Transmission but(Field Transmission::*field, Value value) const {
    Transmission changed = *this;
    changed.*field = static_cast<Field>(value);
    return changed;
  }
  Transmission with(Option option) const;      // replaces the option of that code, or adds it at the end
  Transmission without(uint8_t code) const;    // drops every option of that code
  Transmission with_pads(size_t count) const;  // Pads before End
  uint8_t type() const;                        // option 53; 0 = plain BOOTP

  // The UDP payload as a relay sends it on.
  Bytes payload(Ip giaddr, uint8_t hops) const;
};

}  // namespace relaysieve::test
