// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "status/level.h"

namespace relaysieve {

// Where somebody should look first whose rack does not boot, and which command shows more.
struct LookAt {
  Level level = Level::ok;
  std::string text = "all is well";
  std::string command;  // empty: none
};

// The most important thing in a status, as GET /v1/status gives it without `look_at`.
LookAt look_at(const nlohmann::ordered_json& status);

nlohmann::ordered_json to_json(const LookAt& look);

}  // namespace relaysieve
