// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace relaysieve {

// Asks the daemon behind a control socket; see control_api.h for what. InvalidArgument: the daemon finds the words
// wrong, and says why, one line each. If it is of another version than this program, that is said on standard error.
absl::StatusOr<nlohmann::ordered_json> ask(const std::string& control_path, const char* method,
                                           const std::string& path, const std::string& body = "");

}  // namespace relaysieve
