// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advice.h"
#include "settings.h"

namespace relaysieve {

// Two addresses that should be one scope, and are two.
struct Join {
  uint32_t one, other;  // host byte order
};

struct Joins {
  std::vector<Join> pairs = {};
  unsigned bits = 32;                // that almost all of the pairs have in common
  std::vector<uint32_t> known = {};  // other relays' addresses, as far as seen
};

// The setting that makes one scope of each of the pairs and joins nothing else that is known: fewer subnet_bits, scope
// subnet instead of exact, else relay_groups. Its last reason says why it is this one, or why there is none.
Advice advise_scope(const Settings& settings, const Joins& joins);

// A word for the shell.
std::string in_shell(const std::string& word);

}  // namespace relaysieve
