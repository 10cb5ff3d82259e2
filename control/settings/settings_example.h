// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace relaysieve {

// A settings file in which every setting is commented out: "#window = "1s"" and what it does above it.
std::string settings_example();

// The same for programs: [{"name": .., "default": .., "allowed": .., "live": .., "flag": .., "does": ..}, ...]
nlohmann::ordered_json settings_table_json();

}  // namespace relaysieve
