// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace relaysieve {

// What a daemon says of itself (GET /v1/status), for people: one line on the daemon, a table of its ports, the sums,
// and the reasons that occurred.
std::string render_status(const nlohmann::ordered_json& status);

}  // namespace relaysieve
