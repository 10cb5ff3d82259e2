// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "relaysieve/family.h"
#include "relaysieve/reason.h"
#include "relaysieve/time.h"
#include "relaysieve/undo.h"

namespace relaysieve {

// What becomes of one frame, and why.
struct Verdict {
  Action action = Action::forward;
  Reason reason = Reason::not_dhcp;
  Family family = Family::none;
  bool request = false;    // a relayed request: the fields below say more
  bool has_first = false;  // an earlier copy of this transmission is known: first_number says which
  bool evicted = false;    // its record took the place of one whose window had not ended
  bool recalled = false;   // judged by what is left of such a record
  uint32_t router = 0;     // who brought this copy: hash of ingress port, source MAC and source IP
  uint32_t first_router =
      0;                // who brought the first copy, or the request it is like; if there is none, `router`
  uint32_t subnet = 0;  // the scope of this copy as a network address; 0: it has none (a group, a VRF, IPv6)
  uint32_t first_subnet = 0;  // and of its twin's first copy (twin_other_scope)
  Duration lag{};             // time since that first copy; of a repetition, since what it repeats began
  // That first copy's Frame::number; of what is forwarded in place of copies that were held back, the first one's of those.
  uint64_t first_number = 0;
  Undo undo;  // for Filter::undo

  // The memory keeps this many bits of the first router only: two are taken for one with probability 2^-22.
  static constexpr uint32_t kFirstRouter = 0x3fffff;

  bool dropped() const { return action == Action::drop; }
  // Somebody else brought the first copy, or the request it is like.
  bool has_pair() const { return has_first || ((first_router ^ router) & kFirstRouter) != 0; }
};

}  // namespace relaysieve
