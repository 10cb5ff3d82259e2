// SPDX-License-Identifier: Apache-2.0
#include "commands/changes_in_words.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

std::string plain(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string change_in_words(const std::string& name, const nlohmann::ordered_json& change) {
  return absl::StrCat(name, ": ", plain(change.at("from")), " -> ", plain(change.at("to")));
}

std::string changes_in_words(const nlohmann::ordered_json& changed) {
  std::string text;
  for (const auto& [name, change] : changed.items())
    absl::StrAppend(&text, change_in_words(name, change), "\n");
  return text;
}

}  // namespace relaysieve
