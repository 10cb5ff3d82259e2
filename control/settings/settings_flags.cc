// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

using Shape = Setting::Shape;

std::string help_of(const Setting& setting) {
  const std::string preset = setting.print(Settings());
  std::string help = setting.sentence;
  if (!preset.empty()) absl::StrAppend(&help, " (default ", preset);
  if (!setting.limits.empty()) absl::StrAppend(&help, "; ", setting.limits);
  return preset.empty() ? help : help + ")";
}

CLI::Option* add_flag(CLI::App& command, const Setting& setting, GivenFlags& given) {
  const auto take = [&given, &setting](const std::string& text) { given.emplace_back(&setting, text); };
  const std::string flag = flag_of(setting), help = help_of(setting);
  if (setting.shape == Shape::boolean)
    return command.add_flag_function(
        flag, [take](int64_t count) { take(count > 0 ? "true" : "false"); }, help);
  if (setting.shape != Shape::list) return command.add_option_function<std::string>(flag, take, help);
  const auto take_all = [take, &setting](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) std::ranges::for_each(setting.split(text), take);
  };
  return command.add_option_function<std::vector<std::string>>(flag, take_all, help)->allow_extra_args(false);
}

}  // namespace

void add_flags(CLI::App& command, GivenFlags& given, bool offline) {
  for (const Setting& setting : settings_table()) {
    if (setting.shape == Shape::groups || (offline && !setting.offline)) continue;
    CLI::Option* option = add_flag(command, setting, given);
    if (!setting.metavar.empty()) option->type_name(setting.metavar);
  }
}

bool is_given(const GivenFlags& flags, std::string_view name) {
  return std::ranges::any_of(flags, [&](const auto& flag) { return flag.first->name == name; });
}

}  // namespace relaysieve
