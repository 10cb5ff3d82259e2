// SPDX-License-Identifier: Apache-2.0
#include "completion.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "option_text.h"
#include "settings.h"

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

}  // namespace relaysieve
