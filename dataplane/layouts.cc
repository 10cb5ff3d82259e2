// SPDX-License-Identifier: Apache-2.0
#include "layouts.h"

namespace relaysieve {

void Layouts::learn(Bytes frame, const Message& m) {
  const Bytes own = m.own_options;
  if (!m.in_one_piece || own.size() > kMost || own.empty() || frame.data() + frame.size() - own.data() < 8)
    return;
  const size_t at = place(frame, own.data());
  constexpr uint8_t kPatience = 8;  // what is seen all the time keeps its place before what is seen at times
  Layout* known = &layouts_[index_[at]];
  const bool mine = known->own != 0 && known->place == at;
  if (mine && ++known->misses < kPatience) return;
  if (!mine) {
    index_[at] = next_;
    known = &layouts_[next_];
    next_ = next_ == kCount - 1 ? uint8_t{1} : static_cast<uint8_t>(next_ + 1);
  }
  Layout& layout = *known;
  layout = {};
  layout.place = static_cast<uint16_t>(at);
  bool overloaded = false, broken = false;
  walk_options(own, broken, [&](uint8_t code, Bytes value) {
    const auto offset = static_cast<size_t>(value.data() - own.data());
    if (code == option::kMessageType && value.size() == 1 && layout.type == 0)
      layout.type = static_cast<uint16_t>(offset);
    if (code == option::kOverload) overloaded = true;
    for (size_t i : {offset - 2, offset - 1}) {
      layout.looked_at[Layout::kFront + i] = 0xff;
      layout.expected[Layout::kFront + i] = own[i];
    }
  });
  if (!overloaded && layout.type != 0) layout.own = static_cast<uint16_t>(own.size());
}

}  // namespace relaysieve
