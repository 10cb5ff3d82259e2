// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace relaysieve {

// How much something matters to who runs the box, least first.
enum class Level : uint8_t {
  ok,
  note,     // good to know
  warning,  // it works, and less well than it could
  problem,  // requests or other frames are lost, doubled or in danger of it
};

inline constexpr std::array<std::string_view, 4> kLevelNames = {"ok", "note", "warning", "problem"};

constexpr std::string_view word(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

constexpr Level level_of(std::string_view word) {
  for (size_t i = 0; i < kLevelNames.size(); ++i)
    if (kLevelNames[i] == word) return static_cast<Level>(i);
  return Level::note;
}

}  // namespace relaysieve
