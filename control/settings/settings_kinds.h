// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "settings/settings.h"
#include "settings/text.h"

// How settings of each kind are declared. Each function makes a whole Setting for a field of the settings, or of the
// policy in them.
namespace relaysieve::kinds {

using Shape = Setting::Shape;

inline constexpr const char* kNetworkAllowed =
    "an IP address or network, such as 10.0.0.0/8 or 2001:db8::/32";

template <typename T>
T& at(Settings& settings, T Settings::*field) {
  return settings.*field;
}
template <typename T>
T& at(Settings& settings, T Policy::*field) {
  return settings.policy.*field;
}
template <typename T>
const T& at(const Settings& settings, T Settings::*field) {
  return settings.*field;
}
template <typename T>
const T& at(const Settings& settings, T Policy::*field) {
  return settings.policy.*field;
}

template <typename T>
constexpr bool in_policy(T Settings::*) {
  return false;
}
template <typename T>
constexpr bool in_policy(T Policy::*) {
  return true;
}

inline absl::Status refused(const Setting& setting, std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(in_quotes(text), " is not ", setting.allowed));
}

// A setting of one value: `parse` returns nothing for a text that is not allowed.
template <typename Field, typename Parse, typename Print>
Setting single(Setting setting, Field field, Parse parse, Print print) {
  setting.live = in_policy(field);
  setting.copy = [field](Settings& to, const Settings& from) { at(to, field) = at(from, field); };
  setting.set = [setting, field, parse](Settings& settings, std::string_view, std::string_view text) {
    auto value = parse(text);
    if (!value) return refused(setting, text);
    at(settings, field) = *std::move(value);
    return absl::OkStatus();
  };
  setting.print = [field, print](const Settings& settings) { return print(at(settings, field)); };
  return setting;
}

// A `parse` for values between two limits.
template <typename Value, typename Parse>
auto within(Value least, Value most, Parse parse) {
  return [=](std::string_view text) {
    auto value = parse(text);
    return value && *value >= least && *value <= most ? value : std::nullopt;
  };
}

// `why` may explain the limits.
Setting duration(std::string_view name, Duration Policy::*field, Duration least, Duration most,
                 const std::string& limits, std::string_view why, std::string sentence);

// What a template moves from in a designated initializer clang-tidy takes for copied.
// NOLINTBEGIN(performance-unnecessary-value-param)
template <typename Number, typename Owner>
Setting number(std::string_view name, Number Owner::*field, Number least, Number most, std::string sentence,
               bool offline = true) {
  const std::string limits = absl::StrCat(least, " to ", most);
  return single({.name = name,
                 .shape = Shape::number,
                 .offline = offline,
                 .sentence = std::move(sentence),
                 .allowed = "a whole number from " + limits,
                 .limits = limits,
                 .metavar = "N"},
                field, within(least, most, number_of<Number>),
                [](Number value) { return std::to_string(value); });
}

// `words` in the order of the enumeration.
template <typename Enum, typename Owner>
Setting choice(std::string_view name, Enum Owner::*field, const std::vector<std::string>& words,
               std::string sentence, bool offline = true) {
  auto parse = [words](std::string_view text) -> std::optional<Enum> {
    const auto found = std::ranges::find(words, text);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enum>(found - words.begin());
  };
  return single({.name = name,
                 .offline = offline,
                 .sentence = std::move(sentence),
                 .allowed = absl::StrJoin(words, " or "),
                 .metavar = absl::StrJoin(words, "|")},
                field, parse, [words](Enum value) { return words[static_cast<size_t>(value)]; });
}
// NOLINTEND(performance-unnecessary-value-param)

Setting boolean(std::string_view name, bool Policy::*field, std::string sentence);

// A text that only a daemon needs. `about` has all but what follows from this.
Setting text(Setting about, std::string Settings::*field, bool (*fits)(std::string_view));

// A list; `about` has all but what follows from the rest.
template <typename Member, typename Owner>
Setting list(Setting about, std::vector<Member> Owner::*field,
             std::optional<Member> (*parse)(std::string_view), std::string (*print)(const Member&)) {
  about.shape = Shape::list;
  about.live = in_policy(field);
  about.set = [about, field, parse](Settings& settings, std::string_view, std::string_view given) {
    const auto member = parse(given);
    if (!member) return refused(about, given);
    at(settings, field).push_back(*member);
    return absl::OkStatus();
  };
  about.copy = [field](Settings& to, const Settings& from) { at(to, field) = at(from, field); };
  about.print = [field, print](const Settings& settings) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Member& member : at(settings, field)) all.push_back(print(member));
    return all.empty() ? std::string() : all.dump();
  };
  return about;
}

Setting networks(std::string_view name, Networks Policy::*field, std::string sentence);

inline bool overlap(const Network& a, const Network& b) {
  return a.contains(b.address) || b.contains(a.address);
}
inline bool overlap(const Address& a, const Address& b) { return a == b; }

// Named groups of members; a member belongs to one group.
template <typename Member>
Setting groups(Setting about, std::vector<std::vector<Member>> Policy::*field,
               std::vector<std::string> Settings::*names, std::optional<Member> (*parse)(std::string_view),
               std::string (*print)(const Member&)) {
  about.shape = Shape::groups;
  about.live = true;
  about.set = [=](Settings& settings, std::string_view group, std::string_view given) {
    const auto member = parse(given);
    if (!member) return refused(about, given);
    auto& all = at(settings, field);
    auto& all_names = at(settings, names);
    const size_t mine = std::ranges::find(all_names, group) - all_names.begin();
    for (size_t i = 0; i < all.size(); ++i) {
      if (i == mine || !std::ranges::any_of(all[i], [&](const Member& m) { return overlap(m, *member); }))
        continue;
      return absl::InvalidArgumentError(absl::StrCat(in_quotes(given), " overlaps with group ",
                                                     absl::Utf8SafeCEscape(all_names[i]),
                                                     ": one group for each address"));
    }
    if (mine == all.size()) {
      all_names.emplace_back(group);
      all.emplace_back();
    }
    all[mine].push_back(*member);
    return absl::OkStatus();
  };
  about.copy = [=](Settings& to, const Settings& from) {
    at(to, field) = at(from, field);
    at(to, names) = at(from, names);
  };
  about.print = [=](const Settings& settings) {
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    for (size_t i = 0; i < at(settings, names).size(); ++i)
      for (const Member& member : at(settings, field)[i])
        all[at(settings, names)[i]].push_back(print(member));
    return all.empty() ? std::string() : all.dump();
  };
  return about;
}

}  // namespace relaysieve::kinds
