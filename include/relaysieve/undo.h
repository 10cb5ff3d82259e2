// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "relaysieve/time.h"

namespace relaysieve {

// No slot in the table.
inline constexpr uint32_t kNowhere = ~uint32_t{0};

// How a client stood before a copy was forwarded: the fields of its line (dataplane/line.h) that say so.
struct Standing {
  Time start;
  uint64_t asking;
  std::array<uint64_t, 3> relays;
  uint8_t count, type, brought, previous, won;
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
  Standing before;
};

}  // namespace relaysieve
