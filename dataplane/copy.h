// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>

#include "bucket.h"
#include "relaysieve/policy.h"
#include "relaysieve/verdict.h"
#include "turns.h"

namespace relaysieve {

// One copy of a request, to be judged.
struct Copy {
  const Request& request;
  const Time now;
  const uint64_t number;  // Frame::number
  const Policy& policy;

  // The Frame::number of which a line keeps the low 32 bits. It may be higher than this one's: that of a later frame of the
  // same burst, where this copy is judged again.
  uint64_t whole_number(uint32_t low) const {
    return number + static_cast<int64_t>(static_cast<int32_t>(low - static_cast<uint32_t>(number)));
  }
};

// What every transmission begins with:

// its line is written, but for the client's standing and the relays (turns::begin);
inline void write(Line& line, const Copy& copy) {
  put(line.start, copy.now);
  line.key = copy.request.key;
  line.number = static_cast<uint32_t>(copy.number);
  line.type = copy.request.type;
}

// its first copy is forwarded, unless it is another relay's turn (false);
inline bool forward_first(Line& line, RelaySet relay, const Copy& copy) {
  const bool passes = !turns::must_wait(line, relay, copy.now, copy.policy.turn_after);
  line.brought = relay;
  line.first = static_cast<unsigned>(std::countr_zero(relay)) & 7;
  line.delivered = passes;
  if (passes) turns::wins(line, relay, copy.now, copy.policy.turn_after);
  return passes;
}

// and can be taken back.
inline void leave_undo(Bucket& bucket, Undo::What what, unsigned record, unsigned client, const Copy& copy,
                       Undo& undo) {
  undo.what = what;
  undo.count = bucket[record].count;
  undo.client_count = client != kWays ? bucket[client].count : uint8_t{0};
  undo.message = copy.request.key.message;
  undo.record = bucket.slot(record);
  undo.client = client != kWays ? bucket.slot(client) : kNowhere;
  undo.relay = copy.request.relay;
}

}  // namespace relaysieve
