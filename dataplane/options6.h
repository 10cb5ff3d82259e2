// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "layers.h"
#include "wire.h"

namespace relaysieve {

// Calls visit(code, value) for each option, in wire order (RFC 8415 s21.1: code and length have 16 bits each). False if
// one runs over the end; what came before was visited.
template <typename Visit>
constexpr bool walk_options6(Bytes field, Visit visit) {
  while (!field.empty()) {
    if (field.size() < 4 || load16(&field[2]) > field.size() - 4) return false;
    const size_t length = load16(&field[2]);
    visit(load16(field.data()), field.subspan(4, length));
    field = field.subspan(4 + length);
  }
  return true;
}

}  // namespace relaysieve
