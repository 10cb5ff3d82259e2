// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "layers.h"
#include "wire.h"

namespace relaysieve {

// Calls visit(code, value) for each option but Pad, in wire order, up to End or the end of `field` (RFC 2132
// s2). Returns the bytes before End. `broken` is set if an option runs over the end; what came before was
// visited.
template <typename Visit>
constexpr Bytes walk_options(Bytes field, bool& broken, Visit visit) {
  size_t at = 0;
  while (at < field.size() && field[at] != option::kEnd) {
    if (field[at] == option::kPad) {
      ++at;
      continue;
    }
    if (at + 2 > field.size() || at + 2 + field[at + 1] > field.size()) {
      broken = true;
      break;
    }
    const size_t length = field[at + 1];
    visit(field[at], field.subspan(at + 2, length));
    at += 2 + length;
  }
  return field.first(at);
}

// The same for the sub-options of option 82 (RFC 3046 s2.0), which know neither Pad nor End. Sub-options are
// no part of the key, so a broken one only ends the walk.
template <typename Visit>
constexpr void walk_suboptions(Bytes value, Visit visit) {
  for (size_t at = 0; at + 2 <= value.size() && at + 2 + value[at + 1] <= value.size();
       at += 2 + value[at + 1])
    visit(value[at], value.subspan(at + 2, value[at + 1]));
}

}  // namespace relaysieve
