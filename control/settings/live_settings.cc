// SPDX-License-Identifier: Apache-2.0
#include "settings/live_settings.h"

#include "settings/settings_save.h"

namespace relaysieve {

Settings LiveSettings::get() const {
  const std::lock_guard hold(mutex_);
  return settings_;
}

void LiveSettings::put_in_force(Settings settings, bool changed) {
  if (changed) adopt_(settings.policy);
  const std::lock_guard hold(mutex_);
  settings_ = std::move(settings);
}

absl::StatusOr<std::vector<Change>> LiveSettings::set(std::string_view wanted, bool save) {
  const std::lock_guard one_at_a_time(changing_);
  absl::StatusOr<Changed> changed = change_settings(get(), wanted);
  if (!changed.ok()) return changed.status();
  if (save)
    if (absl::Status status = save_settings(source_, changed->names, changed->settings); !status.ok())
      return status;
  put_in_force(std::move(changed->settings), !changed->changes.empty());
  return std::move(changed->changes);
}

absl::StatusOr<LiveSettings::Reload> LiveSettings::reload() {
  const std::lock_guard one_at_a_time(changing_);
  absl::StatusOr<Settings> read = source_.read();
  if (!read.ok()) return read.status();
  const Settings old = get();
  Reload result;
  for (Change& change : differences(old, *read)) {
    const Setting& setting = relaysieve::setting(change.name);
    if (setting.live) {
      result.changes.push_back(std::move(change));
      continue;
    }
    setting.copy(*read, old);
    read->from.erase(change.name);
    if (const auto place = old.from.find(change.name); place != old.from.end()) read->from.insert(*place);
    result.pending.push_back(std::move(change));
  }
  put_in_force(*std::move(read), !result.changes.empty());
  return result;
}

}  // namespace relaysieve
