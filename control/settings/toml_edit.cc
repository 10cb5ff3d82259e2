// SPDX-License-Identifier: Apache-2.0
#include "settings/toml_edit.h"

#include <toml++/toml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "settings/text.h"
#include "settings/toml_text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
}

class Editing {
 public:
  Editing(std::string_view text, const toml::table& table) : text_(text), table_(table) {}

  void set(std::string_view key, const ordered_json& value);
  absl::StatusOr<std::string> result() && { return std::move(text_).result(); }

 private:
  void replace(const toml::node& node, const ordered_json& value);
  void edit_array(const toml::array& array, const ordered_json& members);
  void remove_member(const toml::node& member);
  void edit_table(std::string_view key, const toml::table& table, const ordered_json& entries);
  void add_key(std::string_view key, const ordered_json& value);
  void add_table(std::string_view key, const ordered_json& entries);
  bool has_header(const toml::node& node) const { return text_.at(text_.begin_of(node)) == '['; }

  TomlText text_;
  const toml::table& table_;
};

void Editing::set(std::string_view key, const ordered_json& value) {
  const toml::node* node = table_.get(key);
  if (node == nullptr) return value.is_object() ? add_table(key, value) : add_key(key, value);
  const toml::table* table = node->as_table();
  if (table != nullptr && !table->is_inline() && value.is_object()) return edit_table(key, *table, value);
  replace(*node, value);
}

void Editing::replace(const toml::node& node, const ordered_json& value) {
  const toml::array* array = node.as_array();
  const bool lines = node.source().begin.line != node.source().end.line;
  if (array != nullptr && !array->empty() && lines && value.is_array() && !value.empty())
    return edit_array(*array, value);
  text_.replace(text_.begin_of(node), text_.end_of(node), toml_of(value));
}

// Only what has to go goes, and what is new comes behind the last one that was there. Each member wanted is one in the file:
// of two that are alike after all (10.0.0.0/8 and 10.0.0.0/08) both are.
void Editing::edit_array(const toml::array& array, const ordered_json& members) {
  auto added = members.get<std::vector<std::string>>();
  std::vector<const toml::node*> going;
  for (const toml::node& old : array) {
    const auto text = old.value<std::string>();
    const auto wanted = text ? std::ranges::find(added, *text) : added.end();
    if (wanted == added.end()) {
      going.push_back(&old);
    } else {
      added.erase(wanted);
    }
  }
  const toml::node* last = array.get(array.size() - 1);
  for (const toml::node* old : going) {
    if (old == last && !added.empty()) {  // the first new one takes its place
      text_.replace(text_.begin_of(*old), text_.end_of(*old), toml_of(added.front()));
      added.erase(added.begin());
    } else {
      remove_member(*old);
    }
  }
  std::string behind;
  for (const std::string& member : added) absl::StrAppend(&behind, ", ", toml_of(member));
  text_.replace(text_.end_of(*last), text_.end_of(*last), std::move(behind));
}

// With the comma behind it; a comment stays, a line of nothing else does not.
void Editing::remove_member(const toml::node& member) {
  const size_t begin = text_.begin_of(member), end = text_.end_of(member);
  const std::optional<size_t> comma = text_.comma_after(end);
  const size_t past = comma ? *comma + 1 : end;
  if (text_.line_of(end) != text_.line_of(past)) {  // a comment between them
    text_.replace(begin, end, "");
    text_.replace(*comma, past, "");
  } else if (text_.is_blank(text_.line_of(begin), begin) && text_.is_blank(past, text_.line_end(past))) {
    text_.replace(text_.line_of(begin), text_.next_line(past), "");
  } else {
    text_.replace(begin, past + text_.blanks(past), "");
  }
}

void Editing::edit_table(std::string_view key, const toml::table& table, const ordered_json& entries) {
  size_t behind = text_.next_line(text_.begin_of(table));  // where new ones go
  for (const auto& [name, node] : table) {
    const size_t next = text_.next_line(text_.end_of(node));
    behind = std::max(behind, next);
    const auto wanted = entries.find(std::string(name.str()));
    if (wanted == entries.end()) {
      text_.replace(text_.line_of(text_.offset(name.source().begin)), next, "");
    } else {
      replace(node, *wanted);
    }
  }
  const std::string before = has_header(table) ? "" : absl::StrCat(toml_key(key), ".");
  std::string lines;
  for (const auto& [name, members] : entries.items())
    if (!table.contains(name))
      absl::StrAppend(&lines, before, toml_key(name), " = ", toml_of(members), text_.eol());
  text_.insert_lines(behind, lines);
}

void Editing::add_key(std::string_view key, const ordered_json& value) {
  size_t last = 0, tables = text_.size();
  for (const auto& [name, node] : table_) {
    const bool of_tables = node.is_array_of_tables();
    const toml::node& first = of_tables ? *node.as_array()->get(0) : node;
    if ((node.is_table() && !node.as_table()->is_inline() && has_header(node)) ||
        (of_tables && has_header(first))) {
      tables = std::min(tables, text_.begin_of(first));
    } else {
      last = std::max(last, text_.next_line(text_.last_end_of(node)));
    }
  }
  const std::string line = absl::StrCat(toml_key(key), " = ", toml_of(value), text_.eol());
  if (const auto example = text_.commented_out(key, tables)) return text_.insert_lines(*example, line);
  if (last > 0 || tables == text_.size()) return text_.insert_lines(last > 0 ? last : tables, line);
  text_.insert_lines(text_.above_comments(tables), line + text_.eol());
}

void Editing::add_table(std::string_view key, const ordered_json& entries) {
  if (entries.empty()) return;
  std::string lines =
      absl::StrCat(text_.size() == 0 ? "" : text_.eol(), "[", toml_key(key), "]", text_.eol());
  for (const auto& [name, members] : entries.items())
    absl::StrAppend(&lines, toml_key(name), " = ", toml_of(members), text_.eol());
  text_.insert_lines(text_.size(), lines);
}

}  // namespace

std::string toml_key(std::string_view key) {
  return is_bare(key) ? std::string(key) : ordered_json(std::string(key)).dump();
}

// JSON's texts, numbers and truths are TOML's too.
std::string toml_of(const ordered_json& value) {
  const auto item = [](std::string* out, const ordered_json& member) { out->append(toml_of(member)); };
  if (value.is_array()) return absl::StrCat("[", absl::StrJoin(value, ", ", item), "]");
  if (!value.is_object()) return value.dump();
  std::vector<std::string> entries;
  for (const auto& [key, member] : value.items())
    entries.push_back(absl::StrCat(toml_key(key), " = ", toml_of(member)));
  return entries.empty() ? "{}" : absl::StrCat("{ ", absl::StrJoin(entries, ", "), " }");
}

absl::StatusOr<std::string> edit_toml(std::string_view text, std::string_view key,
                                      const ordered_json& value) {
  try {
    const toml::table table = toml::parse(text);
    Editing editing(text, table);
    editing.set(key, value);
    return std::move(editing).result();
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(error.source().begin.line, ":", error.source().begin.column, ": ", sentence_of(error)));
  }
}

}  // namespace relaysieve
