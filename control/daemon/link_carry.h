// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <optional>

#include "relaysieve/time.h"

namespace relaysieve {

// Link loss carried across one wire: while one side has no link, the other is held down, so that whoever is
// behind it sees what a cable would show him. This decides; it knows neither interfaces nor a clock.
//
// At most one side is held, so there is always one that is up and can see its link come back: the two cannot
// lock each other. When both lose it, none is held; each has the loss already.
//
// A side that comes up again has to agree with its peer first, which takes a NIC seconds. Until it has settled,
// no link is not a loss. That time must be longer than the slowest agreement: with less, two slow sides
// would release and hold each other in turns, for ever. A link that flickers meanwhile is not a settled one.
class LinkCarry {
 public:
  enum class Side : uint8_t { routers, server };
  struct Patience {
    Duration settle = std::chrono::seconds(10);  // the longest that a side may take to get its link
    Duration steady = std::chrono::seconds(1);   // a link that has lasted so long is a settled one
  };

  // `link`: which sides have it, by Side. One that has none yet may still get it: it is to settle.
  LinkCarry(std::array<bool, 2> link, Patience patience);
  explicit LinkCarry(std::array<bool, 2> link) : LinkCarry(link, Patience()) {}

  // What has become of the links `elapsed` after the last call. That of the side which is held does not count.
  void step(Duration elapsed, std::array<bool, 2> link);
  // The side to be down from now on; the other one, or both, are to be up.
  std::optional<Side> held() const { return held_; }

  auto operator<=>(const LinkCarry&) const = default;

 private:
  struct End {
    bool link = false;
    Duration lasted{};    // how long it has had its link, up to `steady`
    Duration settling{};  // how much longer having none is no loss
    bool lost() const { return !link && settling == Duration::zero(); }
    auto operator<=>(const End&) const = default;
  };
  End& end(Side side) { return ends_[static_cast<size_t>(side)]; }
  void age(End& end, Duration elapsed) const;
  void hold_or_release();

  Duration settle_;
  Duration steady_;
  std::array<End, 2> ends_;
  std::optional<Side> held_;
};

}  // namespace relaysieve
