// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/client.h"
#include "commands/commands.h"
#include "settings/control_group.h"
#include "settings/settings_change.h"
#include "settings/settings_example.h"
#include "settings/settings_read.h"
#include "settings/wire_plan.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr const char* kConfigExample =
    R"(Examples: look for mistakes before a restart; where each value comes from
  relaysieve config check
  relaysieve config show)";

constexpr const char* kCheckExample =
    R"(Each mistake is a line on standard error: FILE:LINE:COLUMN: what is wrong, and what is allowed.

Example: look for mistakes, then let the file count
  relaysieve config check /etc/relaysieve/relaysieve.toml && relaysieve reload)";

constexpr const char* kShowExample =
    R"(It asks the running daemon. With --config or another flag of relaysieved it asks nobody, and shows what a daemon started with these would use.

Examples: what is in force; what a file would give
  relaysieve config show
  relaysieve config show --config new.toml --workers 2)";

constexpr const char* kSampleExample =
    R"(Every setting is in it, commented out, with its default and what it does.

Example: begin a settings file
  relaysieve config example > /etc/relaysieve/relaysieve.toml)";

constexpr const char* kPortsExample =
    R"(A line for each wire: its ports towards the routers, and last the one towards the server.

Example: what the fall-back bridge has to hold
  relaysieve config ports /etc/relaysieve/relaysieve.toml)";

absl::Status check_file(const std::string& file) {
  const absl::StatusOr<Settings> settings = read_settings(file, {});
  return settings.ok() ? control_group_of(*settings).status() : settings.status();
}

int check(const std::string& file, bool json) {
  const absl::Status status = check_file(file);
  std::vector<std::string> errors;
  if (!status.ok()) errors = absl::StrSplit(status.message(), '\n');
  if (json) {
    std::cout << ordered_json{{"file", file}, {"ok", status.ok()}, {"errors", errors}}.dump(
                     2, ' ', false, ordered_json::error_handler_t::replace)
              << "\n";
  } else if (status.ok()) {
    std::cout << file << ": ok\n";
  } else {
    std::cerr << absl::StrJoin(errors, "\n") << "\n";
  }
  return exit_status(status);
}

// A table: what it is, what it is worth, where that comes from, and when another value would count.
std::string config_in_words(const ordered_json& settings) {
  constexpr size_t kWidest = 40;  // what is longer breaks the column, for its own line
  std::vector<std::array<std::string, 4>> rows = {{"setting", "value", "from", "changes"}};
  for (const auto& [name, about] : settings.items()) {
    const ordered_json& value = about.at("value");
    rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump(), about.at("from"),
                    about.at("live").get<bool>() ? "live" : "at restart"});
  }
  std::array<size_t, 4> widths{};
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], std::min(row[i].size(), kWidest));
  std::string text;
  for (const auto& row : rows)
    absl::StrAppendFormat(&text, "%-*s  %-*s  %-*s  %s\n", widths[0], row[0], widths[1], row[1], widths[2],
                          row[2], row[3]);
  return text;
}

int ports(const std::string& file, bool json) {
  const absl::StatusOr<Settings> settings = read_settings(file, {});
  const auto plan = settings.ok() ? complete_plan(*settings) : settings.status();
  if (!plan.ok()) {
    std::cerr << plan.status().message() << "\n";
    return exit_status(plan.status());
  }
  ordered_json wires = ordered_json::array();
  for (const WirePlan& wire : *plan) {
    wires.push_back({{"routers", wire.routers}, {"server", wire.server}});
    if (!json) std::cout << absl::StrJoin(wire.routers, " ") << " " << wire.server << "\n";
  }
  if (json) std::cout << wires.dump(2) << "\n";
  return 0;
}

struct ShowOptions : DaemonOptions {
  SettingsSource source;
};

int show(ShowOptions& options) {
  bool offline = !options.source.file.empty();
  for (const auto& [setting, text] : options.source.flags) {
    if (setting->name == "control") options.control = text;
    offline = offline || setting->name != "control";
  }
  if (!offline) return options.print(ask(options.control, "GET", "/v1/settings"), config_in_words);
  const absl::StatusOr<Settings> settings = options.source.read();
  if (settings.ok())
    return options.print(absl::StatusOr<ordered_json>(settings_json(*settings)), config_in_words);
  std::cerr << settings.status().message() << "\n";
  return exit_status(settings.status());
}

CLI::App* add(CLI::App& config, const char* name, const char* what, const char* example) {
  CLI::App* command = config.add_subcommand(name, what);
  command->footer(std::string(example) + kExitStatus);
  return command;
}

}  // namespace

Command add_config(CLI::App& app) {
  struct FileOptions {
    std::string file = kSettingsFile;
    bool json = false;
  };
  CLI::App* config = add(app, "config", "settings files: check, show, ports, example", kConfigExample);
  config->require_subcommand(1);

  const auto checked = std::make_shared<FileOptions>();
  CLI::App* check_command = add(*config, "check", "look for mistakes in a settings file", kCheckExample);
  check_command->add_option("FILE", checked->file, "settings file (TOML)")
      ->capture_default_str()
      ->type_name("");
  check_command->add_flag("--json", checked->json, "the mistakes as JSON, on standard output");

  const auto shown = std::make_shared<ShowOptions>();
  CLI::App* show_command = add(*config, "show", "each setting, and where its value comes from", kShowExample);
  show_command->add_option("--config", shown->source.file, "settings file (TOML); flags win over it")
      ->type_name("FILE");
  show_command->add_flag("--json", shown->json, "the settings as JSON");
  add_flags(*show_command, shown->source.flags, /*offline=*/false);

  const auto wired = std::make_shared<FileOptions>();
  CLI::App* ports_command = add(*config, "ports", "the ports that a settings file names", kPortsExample);
  ports_command->add_option("FILE", wired->file, "settings file (TOML)")
      ->capture_default_str()
      ->type_name("");
  ports_command->add_flag("--json", wired->json, "the same as JSON");

  const auto json = std::make_shared<bool>(false);
  CLI::App* example = add(*config, "example", "print a settings file to begin with", kSampleExample);
  example->add_flag("--json", *json, "the settings that there are as JSON");

  return {config, [=] {
            if (check_command->parsed()) return check(checked->file, checked->json);
            if (show_command->parsed()) return show(*shown);
            if (ports_command->parsed()) return ports(wired->file, wired->json);
            std::cout << (*json ? settings_table_json().dump(2) + "\n" : settings_example());
            return 0;
          }};
}

}  // namespace relaysieve
