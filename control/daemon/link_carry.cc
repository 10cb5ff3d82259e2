// SPDX-License-Identifier: Apache-2.0
#include "daemon/link_carry.h"

#include <algorithm>

namespace relaysieve {
namespace {

using Side = LinkCarry::Side;

Side across(Side side) { return side == Side::routers ? Side::server : Side::routers; }

}  // namespace

LinkCarry::LinkCarry(std::array<bool, 2> link, Patience patience)
    : settle_(patience.settle), steady_(patience.steady) {
  for (size_t i = 0; i < ends_.size(); ++i)
    ends_[i] = {link[i], Duration::zero(), link[i] ? Duration::zero() : settle_};
}

void LinkCarry::age(End& end, Duration elapsed) const {
  end.settling = std::max(end.settling - elapsed, Duration::zero());
  if (!end.link) return;
  end.lasted = std::min(end.lasted + elapsed, steady_);
  if (end.lasted == steady_) end.settling = Duration::zero();
}

void LinkCarry::step(Duration elapsed, std::array<bool, 2> link) {
  for (const Side side : {Side::routers, Side::server}) {
    End& here = end(side);
    age(here, elapsed);
    here.link = link[static_cast<size_t>(side)] && held_ != side;
    if (!here.link) here.lasted = Duration::zero();
  }
  hold_or_release();
}

void LinkCarry::hold_or_release() {
  if (held_) {
    if (!end(across(*held_)).link) return;
    end(*held_).settling = settle_;
    held_.reset();
    return;
  }
  for (const Side side : {Side::routers, Side::server})
    if (end(side).lost() && !end(across(side)).lost()) held_ = across(side);
}

}  // namespace relaysieve
