// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace relaysieve {

// A line of `trace` or `capture` (Describer::line), for people. With the client where there are several.
std::string render_sight(const nlohmann::ordered_json& line, bool with_client);

}  // namespace relaysieve
