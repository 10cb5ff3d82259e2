// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_kinds.h"

#include "absl/strings/str_split.h"

namespace relaysieve::kinds {

Setting duration(std::string_view name, Duration Policy::*field, Duration least, Duration most,
                 const std::string& limits, std::string_view why, std::string sentence) {
  return single({.name = name,
                 .sentence = std::move(sentence),
                 .allowed = absl::StrCat("a duration such as 250ms, from ", limits, view(why)),
                 .limits = limits,
                 .metavar = "TIME"},
                field, within(least, most, duration_of), print_duration);
}

Setting boolean(std::string_view name, bool Policy::*field, std::string sentence) {
  auto parse = [](std::string_view text) {
    return text == "true" || text == "false" ? std::optional(text == "true") : std::nullopt;
  };
  return single(
      {.name = name, .shape = Shape::boolean, .sentence = std::move(sentence), .allowed = "true or false"},
      field, parse, [](bool value) { return std::string(value ? "true" : "false"); });
}

Setting text(Setting about, std::string Settings::*field, bool (*fits)(std::string_view)) {
  about.offline = false;
  auto parse = [fits](std::string_view given) {
    return fits(given) ? std::optional(std::string(given)) : std::nullopt;
  };
  return single(std::move(about), field, parse, [](const std::string& value) { return value; });
}

Setting networks(std::string_view name, Networks Policy::*field, std::string sentence) {
  const auto split = [](const std::string& given) -> std::vector<std::string> {
    return absl::StrSplit(given, ',', absl::SkipEmpty());
  };
  return list<Network>({.name = name,
                        .sentence = std::move(sentence),
                        .allowed = kNetworkAllowed,
                        .metavar = "NET,..",
                        .example = absl::StrCat(view(name), R"( = ["10.0.0.0/8", "192.0.2.1"])"),
                        .split = split},
                       field, network_of, print_network);
}

}  // namespace relaysieve::kinds
