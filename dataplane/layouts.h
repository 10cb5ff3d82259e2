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
#include "wire.h"

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
    uint16_t place = 0;  // whose it is
    // In front as many bytes that are not looked at as are loaded at once: the last comparison ends with the options.
    static constexpr size_t kFront = 32;
    alignas(32) std::array<uint8_t, kFront + kMost> looked_at{};
    alignas(32) std::array<uint8_t, kFront + kMost> expected{};
  };

  Layouts() : index_(kPlaces), layouts_(kCount) {}

  // The one to try for a frame. At least 8 bytes of options must be readable.
  const Layout& guess(Bytes frame, const uint8_t* options) const {
    return layouts_[index_[place(frame, options)]];
  }
  // After a wrong guess, from a frame that was read the long way.
  void learn(Bytes frame, const Message& message);

 private:
  // Many more places than layouts, so that two kinds of clients hardly ever meet in one: then one of them would go the
  // long way each time.
  static constexpr size_t kPlaces = 4096, kCount = 64;

  // The frame's size, and codes and lengths of its first three options, of which the first is nearly always the message
  // type, tell kinds of clients apart. At least 8 bytes of options must be readable.
  static size_t place(Bytes frame, const uint8_t* options) {
    const uint8_t* const end = frame.data() + frame.size() - 2;
    uint64_t key = frame.size();
    for (int n = 0; n < 3 && options <= end; ++n, options += 2 + options[1])
      key = key << 16 | load16(options);
    return key * 0x9e3779b97f4a7c15u >> (64 - std::countr_zero(kPlaces));
  }

  std::vector<uint8_t> index_;   // of each place
  std::vector<Layout> layouts_;  // the first stays empty: the layout of places that know none
  uint8_t next_ = 1;             // to be written over
};

}  // namespace relaysieve
