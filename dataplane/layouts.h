// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "options.h"
#include "relaysieve/message.h"

namespace relaysieve {

// Where codes and lengths stood in options seen before. The options of a client's next request lie in the same places,
// nearly always; so in place of a walk from option to option, each step waiting for the length before it, all codes and
// lengths are compared at once with those of one real walk. What is equal would be walked in the same way. A wrong guess
// costs the comparison. For one thread.
class Layouts {
 public:
  static constexpr size_t kMost = 256;  // bytes of options: longer ones are walked

  struct Layout {
    uint16_t own = 0;  // bytes of the client's own options, in one piece from the first on; 0 = nothing known
    uint16_t type = 0;  // offset of option 53's value
    uint8_t misses = 0;
    // In front as many bytes that are not looked at as are loaded at once: the last comparison ends with the options.
    static constexpr size_t kFront = 32;
    alignas(32) std::array<uint8_t, kFront + kMost> looked_at{};
    alignas(32) std::array<uint8_t, kFront + kMost> expected{};
  };

  Layouts() : layouts_(kCount) {}

  // The one to try for a frame. At least 8 bytes of options must be readable.
  const Layout& guess(Bytes frame, const uint8_t* options) const { return layouts_[place(frame, options)]; }
  // After a wrong guess, from a frame that was read the long way.
  void learn(Bytes frame, const Message& message);

 private:
  static constexpr size_t kCount = 64;

  // The first option, nearly always the message type, the next one's code and length, and the size tell clients apart.
  static size_t place(Bytes frame, const uint8_t* options) {
    uint64_t first;
    std::memcpy(&first, options, sizeof first);
    if constexpr (std::endian::native == std::endian::little) first <<= 24;
    return (first + frame.size()) * 0x9e3779b97f4a7c15u >> (64 - std::countr_zero(kCount));
  }

  std::vector<Layout> layouts_;
};

}  // namespace relaysieve
