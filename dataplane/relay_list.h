// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>

#include "line.h"

namespace relaysieve {

// The relays that a line knows: three of its own, and five more where it has a second line.
class RelayList {
 public:
  static constexpr unsigned kMost = Line::kRelays + MoreRelays::kRelays;

  RelayList(Line& line, MoreRelays* more) : line_(line), more_(more) {}

  RelayId& operator[](unsigned n) const {
    return n < Line::kRelays ? line_.relays[n] : more_->relays[n - Line::kRelays];
  }

  // The n-th relay, or 0 if its name is not known any more: the second line has gone.
  RelayId name(unsigned n) const { return n < room() ? (*this)[n] : 0; }

  // The bit of a relay, or 0.
  RelaySet find(RelayId relay) const {
    RelaySet found = line_.find(relay);
    if (more_ != nullptr && found == 0) [[unlikely]]
      each(line_.in_use(), [&](unsigned n) {
        if ((*this)[n] == relay) found = static_cast<RelaySet>(1u << n);
      });
    return found;
  }

  // The bit of a relay that is not there yet, or 0: there is no room.
  RelaySet add(RelayId relay) const {
    const auto n = static_cast<unsigned>(std::countr_one(line_.in_use()));
    if (n >= room()) return 0;
    (*this)[n] = relay;
    return static_cast<RelaySet>(1u << n);
  }

  bool brought_for_another_subnet(RelayId relay) const {  // by the same router
    bool found = (line_.elsewhere(relay) & line_.brought) != 0;
    if (more_ != nullptr) [[unlikely]]
      each(line_.brought, [&](unsigned n) { found = found || asks_elsewhere((*this)[n], relay); });
    return found;
  }

  // Calls visit(n) for each relay of the set whose name is known.
  template <typename Visit>
  void each(RelaySet set, Visit visit) const {
    for (unsigned left = set & ((1u << room()) - 1); left != 0; left &= left - 1)
      visit(static_cast<unsigned>(std::countr_zero(left)));
  }

  MoreRelays* more() const { return more_; }

 private:
  unsigned room() const { return more_ != nullptr ? kMost : Line::kRelays; }

  Line& line_;
  MoreRelays* more_;
};

}  // namespace relaysieve
