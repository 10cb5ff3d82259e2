// SPDX-License-Identifier: Apache-2.0
#include "commands/completion.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "commands/option_text.h"
#include "settings/settings.h"

namespace relaysieve {
namespace {

using Kind = Completed::Kind;

// By what stands for the value in the help.
Kind kind_of(const std::string& metavar) {
  if (metavar.empty()) return Kind::flag;
  if (metavar == "FILE" || metavar == "PATH" || metavar == "IN" || metavar == "FILE|-") return Kind::file;
  if (metavar.starts_with("PORT")) return Kind::port;
  return metavar == "KEY VALUE" ? Kind::setting : Kind::nothing;
}

Completed completed(const CLI::Option& option) {
  Completed done{.names = names_of(option),
                 .help = option.get_description(),
                 .kind = kind_of(metavar_of(option)),
                 .choices = choices_of(option)};
  if (!done.choices.empty()) done.kind = Kind::choice;
  return done;
}

void add(const CLI::App& app, const std::string& path, std::vector<CompletedCommand>& all) {
  CompletedCommand command{.path = path, .help = app.get_description(), .options = {}, .commands = {}};
  for (const CLI::Option* option : app.get_options()) command.options.push_back(completed(*option));
  const auto below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : below) command.commands.push_back(sub->get_name());
  all.push_back(std::move(command));
  for (const CLI::App* sub : below) add(*sub, absl::StrCat(path, " ", sub->get_name()), all);
}

}  // namespace

std::vector<CompletedCommand> completed_commands(const CLI::App& app) {
  std::vector<CompletedCommand> all;
  add(app, app.get_name(), all);
  return all;
}

std::vector<Completed> completed_settings() {
  std::vector<Completed> all;
  for (const Setting& setting : settings_table()) {
    if (!setting.live) continue;
    std::vector<std::string> choices;
    if (setting.shape == Setting::Shape::boolean) choices = {"true", "false"};
    if (setting.metavar.find('|') != setting.metavar.npos) choices = absl::StrSplit(setting.metavar, '|');
    all.push_back({{std::string(setting.name)}, setting.sentence, Kind::choice, std::move(choices)});
  }
  return all;
}

std::string value_branches(const std::vector<CompletedCommand>& commands,
                           std::string (*call_of)(const Completed&)) {
  std::string text;
  const auto branch = [&](const std::vector<std::string>& patterns, const Completed& option) {
    absl::StrAppend(&text, "    (", absl::StrJoin(patterns, "|"), ") ", call_of(option), "; return ;;\n");
  };
  const auto pattern = [](const CompletedCommand& command, const std::string& word) {
    return absl::StrCat("'", command.path, " ", word, "'");
  };
  for (const CompletedCommand& command : commands) {
    for (const Completed& option : command.options) {
      if (option.kind == Kind::setting)
        for (const Completed& setting : completed_settings())
          branch({pattern(command, setting.names[0])}, setting);
      if (option.kind == Kind::flag || option.names.empty()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back(pattern(command, name));
      branch(patterns, option);
    }
  }
  return text;
}

}  // namespace relaysieve
