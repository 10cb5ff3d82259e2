// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "relaysieve/request.h"
#include "relaysieve/time.h"

namespace relaysieve {

// No slot in a table.
inline constexpr uint32_t kNowhere = ~uint32_t{0};

// How a client stood before a copy was forwarded.
struct ClientBefore {
  bool known = false;  // false: it was new
  Time heard{};
  Time began{};
  uint32_t transmission = 0;
  uint8_t type = 0;
  uint8_t won = 0;
  uint8_t latest = 0;
  uint8_t previous = 0;
};

// The trace that one forwarded copy left in the memory, so that it can be taken back.
struct Undo {
  enum class What : uint8_t { nothing, record, relay };

  What what = What::nothing;   // the whole record, or only the relay in it
  uint32_t record = kNowhere;  // slot in the window
  uint32_t client = kNowhere;  // slot among the clients
  uint32_t transmission = 0;   // to recognise the record: it may have moved on since
  uint32_t after = 0;          // the client's count after the copy, to recognise its state
  Relay relay;
  ClientBefore before;
};

}  // namespace relaysieve
