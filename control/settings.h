// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relaysieve/policy.h"

namespace CLI {
class App;
}

namespace relaysieve {

inline constexpr const char* kSettingsFile = "/etc/relaysieve/relaysieve.toml";

// What the loss of one side's link means for the other.
enum class LinkLoss : uint8_t { forward, ignore };

// What a worker does when no frame comes.
enum class Idle : uint8_t { sleep, poll };

// All that an operator can set: the filter's policy, and what is fixed when a program starts.
struct Settings {
  Policy policy;
  std::vector<std::string> relay_group_names;   // of policy.relay_groups, in order
  std::vector<std::string> server_group_names;  // of policy.server_groups, in order
  size_t clients = 262'144;
  unsigned workers = 1;
  LinkLoss link_loss = LinkLoss::forward;
  Idle idle = Idle::sleep;
  std::string control = "/run/relaysieve/control.sock";
  std::string metrics = "127.0.0.1:9467";
  // Where a value that is not the default was given: "FILE:LINE:COLUMN", "--flag", or "set" while running.
  std::map<std::string_view, std::string> from;
};

// The limit that two settings set each other.
inline bool windows_agree(const Settings& settings) {
  return settings.policy.echo_window < settings.policy.window;
}

// One setting, declared once: the settings file, the flags, their help and the messages come from this.
struct Setting {
  enum class Shape : uint8_t { text, number, boolean, list, groups };

  std::string_view name{};    // in the file; the flag is --name with '-' for '_'
  Shape shape = Shape::text;  // how TOML writes it; groups are set in the file only
  bool offline = true;        // whether it means anything without a daemon
  bool live = false;          // can change while frames flow: what the policy holds
  std::string sentence{};     // what it does
  std::string allowed{};      // completes "... is not"
  std::string limits{};       // the same in short, for the help; "" where the metavar says it
  std::string metavar{};      // stands for the value in the help
  // Sets it from what the user wrote, in plain text; a list or a group grows by one member. On error nothing
  // is changed and the message completes "SETTING: ".
  std::function<absl::Status(Settings&, std::string_view group, std::string_view text)> set{};
  std::function<void(Settings&)> clear{};               // back to the default
  std::function<std::string(const Settings&)> print{};  // as a flag takes it, groups as JSON; "" when empty
};

const std::vector<Setting>& settings_table();
const Setting& setting(std::string_view name);  // must be in the table
// As messages call it, or a group of it: "relay_groups.campus".
std::string name_of(const Setting& setting, std::string_view group = "");

// Flags as given: the setting and the words of the user, in order.
using GivenFlags = std::vector<std::pair<const Setting*, std::string>>;

// Adds the table's flags to a command; those given are appended to `given` when the command line is parsed.
void add_flags(CLI::App& command, GivenFlags& given, bool offline);

// Defaults, then the file (empty = none), then the flags. The error holds every mistake, one line each:
// "FILE:LINE:COLUMN: SETTING: ..." or "--flag: ...".
absl::StatusOr<Settings> read_settings(const std::string& file, const GivenFlags& flags);

}  // namespace relaysieve
