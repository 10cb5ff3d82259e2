// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace relaysieve {

std::string change_in_words(const std::string& name,
                            const nlohmann::ordered_json& change);  // "window: 1s -> 800ms"
std::string changes_in_words(
    const nlohmann::ordered_json& changed);  // of {NAME: {"from": .., "to": ..}}; a line each

}  // namespace relaysieve
