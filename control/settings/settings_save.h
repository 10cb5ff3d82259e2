// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "settings/settings_read.h"

namespace relaysieve {

// Writes the values of some settings into the file that a daemon was started with; see edit_toml for what becomes of the
// rest of it. First the new text is read, as the next start would: unless it gives these values, and all others as
// before, nothing is written. `settings.from` tells the new places then.
absl::Status save_settings(const SettingsSource& source, const std::vector<std::string>& names,
                           Settings& settings);

}  // namespace relaysieve
