// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "settings/settings.h"

namespace relaysieve {

// Settings that change while frames flow, as JSON. A number, a truth, a list and groups are JSON's own; all else is the
// text that a flag takes.

nlohmann::ordered_json value_of(const Setting& setting, const Settings& settings);

// Every setting: {"window": {"value": "1s", "from": "default", "live": true}, ...}. `from` is "default" or as in
// Settings::from; `live`: it can change while frames flow.
nlohmann::ordered_json settings_json(const Settings& settings);

// A setting that has got another value.
struct Change {
  std::string_view name;
  nlohmann::ordered_json from, to;
};

std::vector<Change> differences(const Settings& old, const Settings& now);
// Where order means nothing, in lists of addresses and in groups, another order is the same.
bool same_value(const Setting& setting, const Settings& one, const Settings& other);

struct Changed {
  Settings settings;
  std::vector<Change> changes;
  std::vector<std::string> names;  // of all that was wanted
};

// `wanted` is JSON: an object of setting names and values, each of which replaces the old value as a whole. A text
// is taken for a number, a truth and a list ("10.0.0.0/8,192.0.2.1") as well. All or nothing: the error holds every
// mistake, one line each.
absl::StatusOr<Changed> change_settings(const Settings& running, std::string_view wanted);

}  // namespace relaysieve
