// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_read.h"

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "settings/text.h"
#include "settings/toml_text.h"
#include "settings/wire_plan.h"

namespace relaysieve {
namespace {

using Shape = Setting::Shape;

// What a user gave, from the file first and then from flags, and all that is wrong with it.
class Reading {
 public:
  explicit Reading(const GivenFlags& flags) : flags_(flags) {}

  template <typename Parse>
  void file(const std::string& path, Parse parse);
  absl::StatusOr<Settings> result() &&;

 private:
  void flags();
  void prefer_flags();
  void windows();
  void ports();
  void top_level(const std::string& path, const toml::table& table);
  void list(const std::string& path, const Setting& setting, std::string_view group, const toml::node& node);
  void groups(const std::string& path, const Setting& setting, const toml::node& node);
  void member(const std::string& path, const Setting& setting, std::string_view group,
              const toml::node& node);
  // `place`: "FILE:LINE:COLUMN", or the flag.
  void set(const Setting& setting, const std::string& place, std::string_view group, std::string_view text);
  void wrong(const std::string& place, absl::string_view what) {
    errors_.push_back(absl::StrCat(place, ": ", what));
  }

  const GivenFlags& flags_;
  Settings settings_;
  std::vector<std::string> errors_;
};

std::string place_of(const std::string& path, const toml::source_region& source) {
  return absl::StrCat(path, ":", source.begin.line, ":", source.begin.column);
}

// A value as its file has it, for a message about its type.
std::string shown(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  if (const auto* text = node.as_string()) return in_quotes(text->get());
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return text.str();
}

// The plain text of a value of the right TOML type.
std::optional<std::string> text_of(Shape shape, const toml::node& node) {
  if (shape == Shape::number) {
    const auto number = node.value_exact<int64_t>();
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  }
  if (shape == Shape::boolean) {
    const auto boolean = node.value_exact<bool>();
    return boolean ? std::optional<std::string>(*boolean ? "true" : "false") : std::nullopt;
  }
  return node.value_exact<std::string>();
}

// A table's entries as they stand in the file; toml++ sorts them by name.
std::vector<std::pair<const toml::key*, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  std::ranges::sort(entries, {}, [](const auto& entry) {
    const toml::source_position& at = entry.first->source().begin;
    return std::pair(at.line, at.column);
  });
  return entries;
}

template <typename Parse>
void Reading::file(const std::string& path, Parse parse) {
  try {
    top_level(path, parse());
  } catch (const toml::parse_error& error) {
    // Without a line the file itself could not be read.
    const bool placed = error.source().begin.line != 0;
    wrong(placed ? place_of(path, error.source()) : path, sentence_of(error));
  }
}

void Reading::top_level(const std::string& path, const toml::table& table) {
  for (const auto& [key, node] : in_file_order(table)) {
    const Setting* setting = find_setting(key->str());
    if (setting == nullptr) {
      wrong(place_of(path, key->source()), no_such_setting(key->str()));
    } else if (setting->shape == Shape::groups) {
      groups(path, *setting, *node);
    } else if (setting->shape == Shape::list) {
      if (!is_given(flags_, setting->name)) list(path, *setting, "", *node);
    } else {
      member(path, *setting, "", *node);
    }
  }
}

void Reading::groups(const std::string& path, const Setting& setting, const toml::node& node) {
  if (const auto* table = node.as_table()) {
    for (const auto& [name, members] : in_file_order(*table)) list(path, setting, name->str(), *members);
    return;
  }
  wrong(place_of(path, node.source()),
        absl::StrCat(view(setting.name), ": ", shown(node), " is not a table of groups"));
}

void Reading::list(const std::string& path, const Setting& setting, std::string_view group,
                   const toml::node& node) {
  if (const auto* array = node.as_array()) {
    for (const auto& element : *array) member(path, setting, group, element);
    return;
  }
  wrong(place_of(path, node.source()), absl::StrCat(name_of(setting, group), ": ", shown(node),
                                                    " is not an array; a member of it is ", setting.allowed));
}

void Reading::member(const std::string& path, const Setting& setting, std::string_view group,
                     const toml::node& node) {
  const std::string place = place_of(path, node.source());
  if (const auto text = text_of(setting.shape, node)) return set(setting, place, group, *text);
  const bool quoted = setting.shape != Shape::number && setting.shape != Shape::boolean;
  wrong(head_of(place, setting, group),
        absl::StrCat(shown(node), " is not ", setting.allowed, quoted ? ", in quotes" : ""));
}

void Reading::flags() {
  for (const auto& [setting, text] : flags_) set(*setting, flag_of(*setting), "", text);
}

void Reading::set(const Setting& setting, const std::string& place, std::string_view group,
                  std::string_view text) {
  if (const auto status = setting.set(settings_, group, text); !status.ok())
    return wrong(head_of(place, setting, group), status.message());
  // Of a list the first member counts; and a flag wins.
  const auto [from, added] = settings_.from.emplace(setting.name, place);
  if (!added && place == flag_of(setting)) from->second = place;
}

void Reading::windows() {
  if (!errors_.empty() || windows_agree(settings_)) return;
  const Setting &echo_window = setting("echo_window"), &window = setting("window");
  const std::string echo = echo_window.print(settings_), whole = window.print(settings_);
  if (settings_.from.contains("echo_window"))
    return wrong(head_of(settings_, echo_window), absl::StrCat(echo, " is not below the window, ", whole));
  wrong(head_of(settings_, window),
        absl::StrCat(whole, " is not above the echo_window, ", echo, " by default: set both"));
}

// A flag for ports puts away what the file says of ports in the other way.
void Reading::prefer_flags() {
  const bool wires = is_given(flags_, "wire"),
             sides = is_given(flags_, "routers") || is_given(flags_, "server");
  if (wires == sides) return;
  for (const std::string_view name : {"wire", "routers", "server"}) {
    if ((name == "wire") == wires) continue;
    setting(name).clear(settings_);
    settings_.from.erase(name);
  }
}

void Reading::ports() {
  if (!errors_.empty()) return;
  if (const auto conflict = conflict_of_ports(settings_))
    wrong(head_of(settings_, setting(conflict->setting)), conflict->sentence);
}

absl::StatusOr<Settings> Reading::result() && {
  flags();
  prefer_flags();
  windows();
  ports();
  if (errors_.empty()) return std::move(settings_);
  return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
}

}  // namespace

absl::StatusOr<Settings> read_settings(const std::string& file, const GivenFlags& flags) {
  Reading reading(flags);
  if (!file.empty()) reading.file(file, [&] { return toml::parse_file(file); });
  return std::move(reading).result();
}

absl::StatusOr<Settings> parse_settings(std::string_view text, const std::string& file,
                                        const GivenFlags& flags) {
  Reading reading(flags);
  reading.file(file, [&] { return toml::parse(text); });
  return std::move(reading).result();
}

absl::StatusOr<Settings> SettingsSource::read() const {
  std::error_code none;
  const bool there = !file.empty() || std::filesystem::exists(path(), none);
  return read_settings(there ? path() : "", flags);
}

}  // namespace relaysieve
