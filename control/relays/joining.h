// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "relays/advice.h"
#include "settings/settings.h"

namespace relaysieve {

// Two IPv4 addresses that should be one scope.
struct Join {
  uint32_t one, other;  // host byte order

  unsigned bits() const { return static_cast<unsigned>(std::countl_zero(one ^ other)); }  // in common
};

// Whether they are one scope under this policy, but for VRFs.
bool one_scope(const Policy& policy, const Join& pair);

struct Joins {
  std::vector<Join> pairs = {};      // that are two scopes
  std::vector<uint32_t> known = {};  // other relays' addresses, as far as seen
};

// The setting that makes one scope of each of the pairs and joins nothing else that is known: fewer subnet_bits, scope
// subnet instead of exact, else relay_groups. Its last reason says why it is this one, or why there is none.
Advice advise_scope(const Settings& settings, const Joins& joins);

// A word for the shell.
std::string in_shell(const std::string& word);

}  // namespace relaysieve
