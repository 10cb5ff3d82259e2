// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"
#include "commands/changes_in_words.h"
#include "commands/commands.h"

namespace relaysieve {
namespace {

constexpr const char* kReloadExample =
    R"(The daemon reads the settings file that it was started with; its flags still win. What `set` changed and did not save goes back to what the file says. If anything in the file is wrong, each mistake is told and nothing changes. Settings that cannot change while frames flow wait for the restart. SIGHUP does the same.

Example: look for mistakes first, then let it count
  relaysieve config check && relaysieve reload)";

std::string reload_in_words(const nlohmann::ordered_json& said) {
  std::string text = changes_in_words(said.at("changed"));
  for (const auto& [name, change] : said.at("at_restart").items())
    text += change_in_words(name, change) + ", takes effect at the restart\n";
  return text.empty() ? "nothing changed: it was so already\n" : text;
}

}  // namespace

Command add_reload(CLI::App& app) {
  auto options = std::make_shared<DaemonOptions>();
  CLI::App* command = app.add_subcommand("reload", "make the running daemon read its settings file again");
  command->footer(std::string(kReloadExample) + kExitStatus);
  options->add_to(*command, "what has changed as JSON");
  return {command,
          [options] { return options->print(ask(options->control, "POST", "/v1/reload"), reload_in_words); }};
}

}  // namespace relaysieve
