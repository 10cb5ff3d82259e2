// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_example.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "settings/settings_change.h"
#include "settings/text.h"
#include "settings/toml_edit.h"

namespace relaysieve {
namespace {

using Shape = Setting::Shape;

constexpr size_t kWidth = 100;

constexpr const char* kHead =
    R"(# The settings of relaysieved: /etc/relaysieve/relaysieve.toml. `man relaysieve.toml` has them too.
#
# Each line that is commented out shows the default; take the # off and change it. Flags of relaysieved win over
# this file. `relaysieve config check` finds mistakes. What is "live" changes with `relaysieve reload` while
# frames flow; all else takes effect at the restart.
)";

// Lines of comment.
std::string comment(const std::string& text) {
  std::string lines = "#";
  size_t width = 1;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (width + 1 + word.size() > kWidth) {
      absl::StrAppend(&lines, "\n#");
      width = 1;
    }
    absl::StrAppend(&lines, " ", word);
    width += 1 + word.size();
  }
  return absl::StrCat(lines, "\n");
}

std::string about(const Setting& setting) {
  std::string limits = setting.limits.empty() ? "" : absl::StrCat(" (", setting.limits, ")");
  std::string text = comment(absl::StrCat(setting.sentence, limits, setting.live ? "; live" : ""));
  if (!setting.example.empty())
    absl::StrAppend(&text, "# For example:\n#     ",
                    absl::StrReplaceAll(setting.example, {{"\n", "\n#     "}}), "\n");
  return text;
}

}  // namespace

std::string settings_example() {
  std::string keys, tables;
  for (const Setting& setting : settings_table()) {
    const std::string name(setting.name);
    if (setting.shape == Shape::groups) {
      absl::StrAppend(&tables, "\n", about(setting), "#[", name, "]\n");
    } else {
      absl::StrAppend(&keys, "\n", about(setting), "#", name, " = ", toml_of(value_of(setting, Settings())),
                      "\n");
    }
  }
  return absl::StrCat(kHead, keys, tables);
}

nlohmann::ordered_json settings_table_json() {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Setting& setting : settings_table())
    all.push_back({{"name", setting.name},
                   {"default", value_of(setting, Settings())},
                   {"allowed", setting.allowed},
                   {"live", setting.live},
                   {"flag", setting.shape == Shape::groups ? "" : flag_of(setting)},
                   {"does", setting.sentence}});
  return all;
}

}  // namespace relaysieve
