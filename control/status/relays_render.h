// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "status/style.h"

namespace relaysieve {

// Who has brought what (GET /v1/relays), for people: silent relays first and marked, then the busiest; how far apart
// copies come; and each pair.
std::string render_relays(const nlohmann::ordered_json& who, const Style& style);

}  // namespace relaysieve
