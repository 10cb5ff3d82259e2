// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace relaysieve {

// A text, a number, a truth, an array of texts or an object of such arrays, as TOML writes it in one line.
std::string toml_of(const nlohmann::ordered_json& value);
std::string toml_key(std::string_view key);  // in quotes where it has to be

// A TOML file's text with another value of one top-level key; all else in it stays as it is, byte for byte. `value` is a
// text, a number, a truth, an array of texts, or an object of such arrays (a table).
//
// A key that is there gets its new value in place. Of an array over several lines, members that stay keep their lines and
// comments; of a table, each entry does. A new key comes after a commented-out line of it (#key = ...), else after the last
// of the keys, before the first table; a new table at the end. What would be no TOML is refused, with line and column.
absl::StatusOr<std::string> edit_toml(std::string_view text, std::string_view key,
                                      const nlohmann::ordered_json& value);

}  // namespace relaysieve
