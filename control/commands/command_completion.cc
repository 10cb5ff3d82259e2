// SPDX-License-Identifier: Apache-2.0
#include "commands/commands.h"
#include "commands/completion.h"
#include "settings/daemon_flags.h"

namespace relaysieve {
namespace {

constexpr const char* kCompletionExample =
    R"(It completes relaysieve and relaysieved: commands, flags, settings, their values, files and ports. Where relaysieve is installed, both shells find it by themselves.

Examples: in this shell only
  source <(relaysieve completion bash)
  source <(relaysieve completion zsh)   # after: autoload -U compinit && compinit)";

struct CompletionOptions {
  std::string shell;
  bool json = false;
};

int print(const CLI::App& app, const CompletionOptions& options) {
  std::vector<CompletedCommand> all = completed_commands(app);
  CLI::App daemon;
  SettingsSource source;
  add_daemon_flags(daemon, source);
  for (CompletedCommand& command : completed_commands(daemon)) all.push_back(std::move(command));
  const std::string script = options.shell == "bash" ? bash_completion(all) : zsh_completion(all);
  if (options.json) {
    std::cout << nlohmann::ordered_json{{"shell", options.shell}, {"script", script}}.dump(2) << "\n";
  } else {
    std::cout << script;
  }
  return 0;
}

}  // namespace

Command add_completion(CLI::App& app) {
  const auto options = std::make_shared<CompletionOptions>();
  CLI::App* command = app.add_subcommand("completion", "print what makes a shell complete these commands");
  command->footer(std::string(kCompletionExample) + kExitStatus);
  command->add_option("SHELL", options->shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->type_name("bash|zsh");
  command->add_flag("--json", options->json, "the script as JSON");
  return {command, [options, &app] { return print(app, *options); }};
}

}  // namespace relaysieve
