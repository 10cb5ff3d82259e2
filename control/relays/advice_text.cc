// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "relays/advice.h"
#include "relays/advice_pairs.h"
#include "relays/joining.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

// One change for each; the window before what has to be below it.
ordered_json command(const std::vector<Advice>& all) {
  std::string words;
  for (const Advice& advice : all)
    if (advice.changes()) absl::StrAppend(&words, " ", advice.setting, " ", in_shell(advice.wanted));
  return words.empty() ? ordered_json() : ordered_json("relaysieve set" + words);
}

}  // namespace

ordered_json advice_json(const Settings& settings, const CensusTotals& totals) {
  const std::vector<Advice> all = advise(settings, totals);
  ordered_json list = ordered_json::array();
  for (const Advice& advice : all)
    list.push_back({{"setting", advice.setting},
                    {"now", advice.now},
                    {"wanted", advice.wanted},
                    {"change", advice.changes()},
                    {"enough", advice.enough},
                    {"copies", advice.copies},
                    {"reasons", advice.reasons}});
  return {{"mode", setting("mode").print(settings)},
          {"copies", totals.lag.count()},
          {"late_copies", late_copies(totals)},
          {"echoes", totals.echo.count()},
          {"repetitions", totals.repeat.count()},
          {"advice", std::move(list)},
          {"command", command(all)}};
}

std::string advice_text(const ordered_json& advice) {
  std::string out;
  if (advice.at("mode") == "bypass") out += "mode bypass looks at nothing: what follows was seen before\n";
  for (const ordered_json& one : advice.at("advice")) {
    const auto now = one.at("now").get<std::string>(), wanted = one.at("wanted").get<std::string>();
    const std::string what =
        one.at("change").get<bool>()   ? absl::StrCat((now.empty() ? "none" : now), " -> ", wanted)
        : one.at("enough").get<bool>() ? absl::StrCat("keep ", now)
                                       : absl::StrCat("keep ", now, ": too little evidence");
    absl::StrAppendFormat(&out, "%-12s %s  (rests on %d copies)\n", one.at("setting").get<std::string>(),
                          what, one.at("copies").get<uint64_t>());
    for (const ordered_json& reason : one.at("reasons"))
      absl::StrAppend(&out, "             - ", reason.get<std::string>(), "\n");
  }
  if (advice.at("command").is_null()) return out + "\nnothing to change\n";
  return absl::StrCat(out, "\n", advice.at("command").get<std::string>(), "\n");
}

}  // namespace relaysieve
