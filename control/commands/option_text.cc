// SPDX-License-Identifier: Apache-2.0
#include "commands/option_text.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace relaysieve {

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string metavar_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  // CLI11 adds what a check allows: "a|b:{a,b}", "1..60:INT in [1 - 60]".
  std::string name = option.get_type_name();
  name.resize(std::min(name.size(), name.find(":{")));
  if (const size_t range = name.find(" in ["); range != name.npos)
    name.resize(std::min(name.size(), name.rfind(':', range)));
  return name.empty() ? option.get_name(true) : name;
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::vector<std::string> pieces = absl::StrSplit(metavar_of(option), '|');
  // "ADDR:PORT|off" are not all words to type.
  const bool words =
      pieces.size() > 1 && std::ranges::all_of(pieces, [](const std::string& piece) {
        return std::ranges::none_of(piece, [](unsigned char c) { return absl::ascii_isupper(c); });
      });
  return words ? pieces : std::vector<std::string>();
}

}  // namespace relaysieve
