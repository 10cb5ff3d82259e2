// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace relaysieve {

// What the daemon behind a control socket says of itself (GET /v1/status).
absl::StatusOr<nlohmann::ordered_json> fetch_status(const std::string& control_path);

// The same for people: one line on the daemon, a table of its ports, the sums, and the reasons that occurred.
std::string render_status(const nlohmann::ordered_json& status);

}  // namespace relaysieve
