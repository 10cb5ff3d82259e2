// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "settings/settings.h"

namespace CLI {
class App;
}

namespace relaysieve {

// Flags as given: the setting and the words of the user, in order.
using GivenFlags = std::vector<std::pair<const Setting*, std::string>>;

// Adds the table's flags to a command; those given are appended to `given` when the command line is parsed. `offline`:
// only those that mean something without a daemon.
void add_flags(CLI::App& command, GivenFlags& given, bool offline);

bool is_given(const GivenFlags& flags, std::string_view name);

}  // namespace relaysieve
