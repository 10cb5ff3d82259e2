// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_change.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;
using Shape = Setting::Shape;

// Sorted, and so are the arrays in it.
nlohmann::json in_any_order(const nlohmann::json& value) {
  nlohmann::json sorted = value;
  if (value.is_array()) std::sort(sorted.begin(), sorted.end());
  if (value.is_object())
    for (auto& member : sorted) member = in_any_order(member);
  return sorted;
}

// An object, in which nothing is said twice.
absl::StatusOr<ordered_json> parse_object(std::string_view text) {
  std::vector<std::set<std::string>> names;  // of the objects around the place that is being read
  std::string twice;
  const auto watch = [&](int depth, ordered_json::parse_event_t event, const ordered_json& parsed) {
    const auto level = static_cast<size_t>(depth);
    if (event == ordered_json::parse_event_t::object_start) {
      names.resize(level + 1);
      names[level].clear();
    } else if (event == ordered_json::parse_event_t::key &&
               !names[level - 1].insert(parsed.get<std::string>()).second) {
      twice = parsed;
    }
    return true;
  };
  ordered_json object;
  try {
    object = ordered_json::parse(text, watch);
  } catch (const ordered_json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("not JSON, at byte ", error.byte));
  } catch (const ordered_json::out_of_range&) {
    return absl::InvalidArgumentError("not JSON that can be read: a number is too large");
  }
  if (!object.is_object()) return absl::InvalidArgumentError("not a JSON object of settings and values");
  if (!twice.empty()) return absl::InvalidArgumentError(absl::StrCat(in_quotes(twice), " is given twice"));
  return object;
}

// A value as it was given, for a message.
std::string shown(const ordered_json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  return value.dump();
}

// The running settings on their way to others, and all that is wrong with what is wanted.
class Changing {
 public:
  explicit Changing(Settings running) : settings_(std::move(running)) {}

  void take(const std::string& name, const ordered_json& value);
  void windows(const ordered_json& wanted);
  absl::StatusOr<Changed> result(const Settings& running) &&;

 private:
  void give(const Setting& setting, const ordered_json& value);
  void list(const Setting& setting, std::string_view group, const ordered_json& value);
  void set(const Setting& setting, std::string_view group, std::string_view text);
  void wrong(absl::string_view name, absl::string_view what) {
    errors_.push_back(absl::StrCat(name, ": ", what));
  }

  Settings settings_;
  std::vector<std::string> names_, errors_;
};

void Changing::take(const std::string& name, const ordered_json& value) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    errors_.push_back(no_such_setting(name));
  } else if (!setting->live) {
    wrong(name, "cannot change while frames flow: restart relaysieved with another one");
  } else {
    names_.push_back(name);
    give(*setting, value);
  }
}

void Changing::give(const Setting& setting, const ordered_json& value) {
  setting.clear(settings_);
  if (setting.shape == Shape::groups) {
    if (!value.is_object()) return wrong(view(setting.name), shown(value) + " is not an object of groups");
    for (const auto& [group, members] : value.items()) list(setting, group, members);
  } else if (setting.shape == Shape::list && !value.is_string()) {
    list(setting, "", value);
  } else if (setting.shape == Shape::list) {
    for (const std::string& member : setting.split(value.get_ref<const std::string&>()))
      set(setting, "", member);
  } else if (value.is_string()) {
    set(setting, "", value.get_ref<const std::string&>());
  } else if ((setting.shape == Shape::number && value.is_number_integer()) ||
             (setting.shape == Shape::boolean && value.is_boolean())) {
    set(setting, "", value.dump());
  } else {
    wrong(view(setting.name), absl::StrCat(shown(value), " is not ", setting.allowed));
  }
}

void Changing::list(const Setting& setting, std::string_view group, const ordered_json& value) {
  const std::string name = name_of(setting, group);
  if (!value.is_array())
    return wrong(name, absl::StrCat(shown(value), " is not an array; a member of it is ", setting.allowed));
  for (const ordered_json& member : value) {
    if (member.is_string()) {
      set(setting, group, member.get_ref<const std::string&>());
    } else {
      wrong(name, absl::StrCat(shown(member), " is not ", setting.allowed, ", in quotes"));
    }
  }
}

void Changing::set(const Setting& setting, std::string_view group, std::string_view text) {
  if (const absl::Status status = setting.set(settings_, group, text); !status.ok())
    wrong(name_of(setting, group), status.message());
}

void Changing::windows(const ordered_json& wanted) {
  if (!errors_.empty() || windows_agree(settings_)) return;
  const std::string echo = setting("echo_window").print(settings_),
                    window = setting("window").print(settings_);
  if (wanted.contains("echo_window"))
    return wrong("echo_window", absl::StrCat(echo, " is not below the window, ", window));
  wrong("window", absl::StrCat(window, " is not above the echo_window, ", echo, ": set both"));
}

absl::StatusOr<Changed> Changing::result(const Settings& running) && {
  if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
  std::vector<Change> changes = differences(running, settings_);
  for (const Change& change : changes) settings_.from[change.name] = "set";
  return Changed{std::move(settings_), std::move(changes), std::move(names_)};
}

}  // namespace

ordered_json value_of(const Setting& setting, const Settings& settings) {
  const std::string text = setting.print(settings);
  if (setting.shape == Shape::text) return text;
  if (!text.empty()) return ordered_json::parse(text);
  return setting.shape == Shape::list ? ordered_json::array() : ordered_json::object();
}

bool same_value(const Setting& setting, const Settings& one, const Settings& other) {
  const ordered_json a = value_of(setting, one), b = value_of(setting, other);
  if (a == b) return true;
  return setting.live && in_any_order(a) == in_any_order(b);
}

std::vector<Change> differences(const Settings& old, const Settings& now) {
  std::vector<Change> changes;
  for (const Setting& setting : settings_table()) {
    ordered_json from = value_of(setting, old), to = value_of(setting, now);
    if (!same_value(setting, old, now)) changes.push_back({setting.name, std::move(from), std::move(to)});
  }
  return changes;
}

ordered_json settings_json(const Settings& settings) {
  ordered_json all;
  for (const Setting& setting : settings_table()) {
    const auto from = settings.from.find(setting.name);
    all[std::string(setting.name)] = {{"value", value_of(setting, settings)},
                                      {"from", from == settings.from.end() ? "default" : from->second},
                                      {"live", setting.live}};
  }
  return all;
}

absl::StatusOr<Changed> change_settings(const Settings& running, std::string_view wanted) {
  const absl::StatusOr<ordered_json> object = parse_object(wanted);
  if (!object.ok()) return object.status();
  Changing changing(running);
  for (const auto& [name, value] : object->items()) changing.take(name, value);
  changing.windows(*object);
  return std::move(changing).result(running);
}

}  // namespace relaysieve
