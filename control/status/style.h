// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "status/level.h"

namespace relaysieve {

// Colour, on a terminal only. A plain one adds nothing to what it is given.
class Style {
 public:
  Style() = default;
  // Of what goes to this descriptor: colour if that is a terminal which knows colour (TERM is neither unset nor dumb), and
  // the user has not refused it: NO_COLOR is not set, or empty (no-color.org).
  static Style of(int descriptor);
  static Style coloured() { return Style(true); }

  std::string operator()(Level level, std::string_view text) const;
  std::string strong(std::string_view text) const;
  std::string faint(std::string_view text) const;

 private:
  explicit Style(bool colours) : colours_(colours) {}
  std::string with(std::string_view code, std::string_view text) const;

  bool colours_ = false;
};

}  // namespace relaysieve
