// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "relaysieve/time.h"

namespace relaysieve {

// No slot in the table.
inline constexpr uint32_t kNowhere = ~uint32_t{0};

// How a client stands: the fields of its line (dataplane/line.h) that say so.
struct Standing {
  std::array<uint64_t, 3> relays;
  uint32_t
      asking_low;  // ns from when the client began to ask for this type to its latest transmission, in 48 bits
  uint16_t asking_high;
  uint8_t count;  // of the client's transmissions, up by one with each, by two where it begins to ask anew
  uint8_t first : 3;      // which relay brought the first copy
  uint8_t delivered : 1;  // a copy has been forwarded: false while every copy was held back
  uint32_t number;        // the first copy's Frame::number, modulo 2^32
  uint8_t type;           // the message type that the client asks with
  // Relays, bit n for the n-th of its list:
  uint8_t brought;   // who brought this transmission,
  uint8_t previous;  // and the client's one before
  uint8_t won;       // of whom a copy was forwarded

  // Written and read in the same pieces: a CPU waits for a store that overlaps a wider load.
  uint64_t asking() const { return uint64_t{asking_high} << 32 | asking_low; }
  void set_asking(uint64_t ns) {  // at most 78 hours
    const uint64_t most = std::min(ns, (uint64_t{1} << 48) - 1);
    asking_low = static_cast<uint32_t>(most);
    asking_high = static_cast<uint16_t>(most >> 32);
  }
};

// The trace that one forwarded copy left in the memory, so that it can be taken back. Without `what` the other fields
// mean nothing, and are not written.
struct Undo {
  enum class What : uint8_t { nothing, transmission, record, relay };

  What what =
      What::nothing;     // a transmission that began; its record, which was there; or only the relay in it
  uint8_t count;         // to recognise the record, with `message`: it may have moved on since
  uint8_t client_count;  // and the client's line
  uint32_t message;
  uint32_t record;  // slot of the record
  uint32_t client;  // slot of the line that says, or said, how the client stands, or kNowhere
  uint64_t relay;
  Time start;  // when the client's transmission before began, and how the client stood then
  Standing before;
};

}  // namespace relaysieve
