// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ports/driver_choice.h"
#include "relaysieve/policy.h"

namespace relaysieve {

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
  std::vector<std::string> routers;  // ports
  std::string server;                // a port
  std::vector<std::string> wires;    // instead of these two: "ROUTERS' PORT,SERVER'S PORT"
  Driver driver = Driver::automatic;
  std::string control = "/run/relaysieve/control.sock";
  std::string control_group;  // name or number; "" = the daemon's own
  std::string metrics = "127.0.0.1:9467";
  // Where a value that is not the default was given: "FILE:LINE:COLUMN", "--flag", or "set" while running.
  std::map<std::string_view, std::string> from;
};

// The limit that two settings set each other.
inline bool windows_agree(const Settings& settings) {
  return settings.policy.echo_window < settings.policy.window;
}

// One setting, declared once: the settings file, the flags, their help, the example file, the manual and the messages
// come from this.
struct Setting {
  enum class Shape : uint8_t { text, number, boolean, list, groups };

  std::string_view name{};    // in the file; the flag is --name with '-' for '_'
  Shape shape = Shape::text;  // how TOML writes it; groups are set in the file only
  bool offline = true;        // whether it means anything without a daemon
  bool live = false;          // can change while frames flow: what the policy holds
  std::string sentence{};     // what it does
  std::string allowed{};      // completes "... is not"
  std::string limits{};       // the same in short, for the help; "" where the metavar says it
  std::string metavar{};      // stands for the value in the help; choices are "a|b"
  std::string example{};      // a line or two of TOML, where the default shows no value
  // Sets it from what the user wrote, in plain text; a list or a group grows by one member. On error nothing
  // is changed and the message completes "SETTING: ".
  std::function<absl::Status(Settings&, std::string_view group, std::string_view text)> set{};
  std::function<std::vector<std::string>(const std::string&)>
      split{};  // members of a list, as a flag has them
  std::function<void(Settings& to, const Settings& from)> copy{};
  std::function<std::string(const Settings&)>
      print{};  // as a flag takes it; lists and groups as JSON; "" when empty

  void clear(Settings& settings) const { copy(settings, Settings()); }  // back to the default
};

const std::vector<Setting>& settings_table();
const Setting& setting(std::string_view name);  // must be in the table
const Setting* find_setting(std::string_view name);
// What is said of a name that is not in the table, with the one that was meant perhaps.
std::string no_such_setting(std::string_view name);
// As messages call it, or a group of it: "relay_groups.campus".
std::string name_of(const Setting& setting, std::string_view group = "");
std::string flag_of(const Setting& setting);  // "--echo-window"
// How a message about a value begins that was given at a place: "FILE:LINE:COLUMN: NAME"; a flag tells its name itself.
std::string head_of(const std::string& place, const Setting& setting, std::string_view group = "");
std::string head_of(const Settings& settings, const Setting& setting);  // at the place that it came from

}  // namespace relaysieve
