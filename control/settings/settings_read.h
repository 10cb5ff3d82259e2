// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "settings/settings.h"
#include "settings/settings_flags.h"

namespace relaysieve {

inline constexpr const char* kSettingsFile = "/etc/relaysieve/relaysieve.toml";

// Defaults, then the file (empty = none), then the flags. The error holds every mistake, one line each:
// "FILE:LINE:COLUMN: SETTING: ..." or "--flag: ...".
absl::StatusOr<Settings> read_settings(const std::string& file, const GivenFlags& flags);

// The same of a file's text.
absl::StatusOr<Settings> parse_settings(std::string_view text, const std::string& file,
                                        const GivenFlags& flags);

// What a daemon was started with, and reads again when it is told to.
struct SettingsSource {
  std::string file;       // "" = kSettingsFile, if there is one
  GivenFlags flags = {};  // win over the file

  std::string path() const { return file.empty() ? kSettingsFile : file; }
  absl::StatusOr<Settings> read() const;
};

}  // namespace relaysieve
