// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/client.h"
#include "commands/changes_in_words.h"
#include "commands/commands.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr const char* kSetExample =
    R"(The change lasts until the daemon ends or reloads, unless --save writes it into the settings file of the daemon: there the rest stays as it is, comments too, and if it cannot be written nothing changes at all. A list is written a,b; groups are written as JSON.

Examples: a shorter window, for good; two settings at once, because each limits the other; two relays that are one scope
  relaysieve set --save window 800ms
  relaysieve set window 60ms echo_window 20ms
  relaysieve set relay_groups '{"campus": ["192.0.2.1", "192.0.2.2"]}')";

constexpr const char* kModeExample =
    R"(Example: forward everything, and count what would be dropped
  relaysieve mode monitor)";

// A value as a user writes it: text, or groups as JSON.
ordered_json value_of(const std::string& word) {
  if (!word.starts_with('{')) return word;
  ordered_json value = ordered_json::parse(word, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? ordered_json(word) : value;
}

std::string set_in_words(const ordered_json& said) {
  std::string text = changes_in_words(said.at("changed"));
  if (text.empty()) text = "nothing changed: it was so already\n";
  if (said.contains("saved")) absl::StrAppend(&text, "saved to ", said["saved"].get<std::string>(), "\n");
  return text;
}

int change(const DaemonOptions& options, const ordered_json& wanted, bool save) {
  // What is no UTF-8 is no setting either: the daemon says so.
  const std::string body = wanted.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return options.print(ask(options.control, "PATCH", save ? "/v1/settings?save=true" : "/v1/settings", body),
                       set_in_words);
}

// {KEY: VALUE, ...}
absl::StatusOr<ordered_json> wanted_of(const std::vector<std::string>& words) {
  ordered_json wanted;
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string key = absl::StrReplaceAll(words[i], {{"-", "_"}});
    if (i + 1 == words.size()) return absl::InvalidArgumentError(absl::StrCat(key, ": no value is given"));
    if (wanted.contains(key)) return absl::InvalidArgumentError(absl::StrCat(key, " is given twice"));
    wanted[key] = value_of(words[i + 1]);
  }
  return wanted;
}

}  // namespace

Command add_set(CLI::App& app) {
  struct SetOptions : DaemonOptions {
    std::vector<std::string> words;
    bool save = false;
  };
  auto options = std::make_shared<SetOptions>();
  CLI::App* command = app.add_subcommand("set", "change settings of the running daemon, all of them or none");
  command->footer(std::string(kSetExample) + kExitStatus);
  command->add_option("KEY VALUE", options->words, "a setting, as the settings file calls it, and its value")
      ->required()
      ->type_name("");
  command->add_flag("--save", options->save,
                    "write it into the settings file too, so that it outlives a restart");
  options->add_to(*command, "what has changed as JSON");
  return {command, [options] {
            const absl::StatusOr<ordered_json> wanted = wanted_of(options->words);
            return wanted.ok() ? change(*options, *wanted, options->save)
                               : options->print(wanted, set_in_words);
          }};
}

Command add_mode(CLI::App& app) {
  struct SetOptions : DaemonOptions {
    std::string mode;
    bool save = false;
  };
  auto options = std::make_shared<SetOptions>();
  CLI::App* command = app.add_subcommand("mode", "change the mode of the running daemon");
  command->footer(std::string(kModeExample) + kExitStatus);
  command->add_option("MODE", options->mode, setting("mode").sentence)
      ->required()
      ->type_name(setting("mode").metavar);
  command->add_flag("--save", options->save,
                    "write it into the settings file too, so that it outlives a restart");
  options->add_to(*command, "what has changed as JSON");
  return {command, [options] { return change(*options, {{"mode", options->mode}}, options->save); }};
}

}  // namespace relaysieve
