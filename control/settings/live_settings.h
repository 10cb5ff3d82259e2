// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "settings/settings_change.h"
#include "settings/settings_read.h"

namespace relaysieve {

// The settings in force and every change to them: one at a time, each all of it or nothing. For any thread.
class LiveSettings {
 public:
  // `adopt` puts a policy into force.
  LiveSettings(Settings settings, SettingsSource source, std::function<void(const Policy&)> adopt)
      : source_(std::move(source)), adopt_(std::move(adopt)), settings_(std::move(settings)) {}

  Settings get() const;

  // See change_settings. `save`: the file has the values then too, or nothing changes; see save_settings.
  absl::StatusOr<std::vector<Change>> set(std::string_view wanted, bool save);

  // Reads file and flags again. What can change while frames flow changes, also what was only set; the rest waits for the
  // restart. The error holds every mistake of the file, and nothing changes.
  struct Reload {
    std::vector<Change> changes;  // made now
    std::vector<Change> pending;  // take effect at the restart
  };
  absl::StatusOr<Reload> reload();

  const SettingsSource& source() const { return source_; }

 private:
  void put_in_force(Settings settings, bool changed);

  const SettingsSource source_;
  const std::function<void(const Policy&)> adopt_;
  std::mutex changing_;  // one change at a time, while others ask
  mutable std::mutex mutex_;
  Settings settings_;
};

}  // namespace relaysieve
