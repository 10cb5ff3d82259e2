// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_save.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "settings/replace_file.h"
#include "settings/settings_change.h"
#include "settings/text.h"
#include "settings/toml_edit.h"

namespace relaysieve {
namespace {

absl::Status wrong(const std::vector<std::string>& lines) {
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

// What the flags say will be so at every start, whatever the file has.
absl::Status no_flag_wins(const SettingsSource& source, const std::vector<std::string>& names) {
  std::vector<std::string> errors;
  for (const std::string& name : names)
    if (is_given(source.flags, name))
      errors.push_back(absl::StrCat(name, ": cannot be saved: the daemon was started with ",
                                    flag_of(setting(name)), ", which wins over the file"));
  return errors.empty() ? absl::OkStatus() : wrong(errors);
}

bool among(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Whether a file's new text gives what is wanted, and nothing else. A file that was wrong before may be right now.
bool is_right(const Settings& read, const absl::StatusOr<Settings>& before,
              const std::vector<std::string>& names, const Settings& wanted) {
  return std::ranges::all_of(settings_table(), [&](const Setting& setting) {
    if (among(names, setting.name)) return same_value(setting, read, wanted);
    return !before.ok() || same_value(setting, read, *before);
  });
}

// Lines may have moved: settings that come from the file have their places anew.
void take_places(const Settings& read, const std::string& file, const std::vector<std::string>& names,
                 Settings& settings) {
  for (const auto& [name, place] : read.from) {
    const auto old = settings.from.find(name);
    const bool of_the_file = old != settings.from.end() && old->second.starts_with(file + ":");
    if (among(names, name) || (of_the_file && same_value(setting(name), read, settings)))
      settings.from[name] = place;
  }
  for (const std::string& name : names)  // no groups at all: nowhere
    if (!read.from.contains(name)) settings.from.erase(setting(name).name);
}

}  // namespace

absl::Status save_settings(const SettingsSource& source, const std::vector<std::string>& names,
                           Settings& settings) {
  const std::string path = source.path();
  if (absl::Status status = no_flag_wins(source, names); !status.ok()) return status;
  const absl::StatusOr<std::string> old = read_file(path);
  if (!old.ok()) return old.status();
  std::string text = *old;
  for (const std::string& name : names) {
    absl::StatusOr<std::string> edited = edit_toml(text, name, value_of(setting(name), settings));
    if (!edited.ok()) return wrong({absl::StrCat(path, ":", edited.status().message())});
    text = *std::move(edited);
  }
  const absl::StatusOr<Settings> read = parse_settings(text, path, source.flags);
  if (!read.ok()) return read.status();
  if (!is_right(*read, parse_settings(*old, path, source.flags), names, settings))
    return absl::InternalError(absl::StrCat(
        path, ": cannot be changed so that nothing else changes: write it by hand, then reload"));
  if (text != *old)
    if (absl::Status status = replace_file(path, text); !status.ok()) return status;
  take_places(*read, path, names, settings);
  return absl::OkStatus();
}

}  // namespace relaysieve
