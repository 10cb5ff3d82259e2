// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "status/style.h"

namespace relaysieve {

// What a daemon says of itself (GET /v1/status), for people: one line on the daemon, one on what to look at, its ports and
// how much they carry, the requests and the memory, the sums, and the reasons that occurred.
std::string render_status(const nlohmann::ordered_json& status, const Style& style = {});

// Its parts that `relaysieve top` shows as well.
std::string title_line(const nlohmann::ordered_json& status);    // version, mode, time up
std::string look_at_line(const nlohmann::ordered_json& status);  // and the command that shows more
std::string rate_table(const nlohmann::ordered_json& status);    // of the ports
std::string_view link_word(const nlohmann::ordered_json& port);  // up, down, held

}  // namespace relaysieve
