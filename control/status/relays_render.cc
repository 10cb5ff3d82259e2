// SPDX-License-Identifier: Apache-2.0
#include "status/relays_render.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "relays/lag_text.h"
#include "status/figures.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;

std::string ago(double seconds) {
  const absl::Duration past = absl::Seconds(std::max(seconds, 0.0));
  return seconds < 10 ? absl::StrFormat("%.1fs ago", seconds)
                      : absl::FormatDuration(absl::Trunc(past, absl::Seconds(1))) + " ago";
}

std::string counts(const Json& relay) {
  std::string line;
  for (const char* name : {"copies", "first_copies", "second_copies", "turns", "late_copies"})
    absl::StrAppendFormat(&line, " %10u", number(relay, name));
  return line;
}

// Silent ones first, then the busiest.
std::vector<const Json*> sorted(const Json& relays) {
  std::vector<const Json*> all;
  for (const Json& relay : relays) all.push_back(&relay);
  std::ranges::stable_sort(all, std::greater(), [](const Json* relay) {
    return std::pair(relay->at("silent").get<bool>(), number(*relay, "copies"));
  });
  return all;
}

std::string relay_table(const Json& who, const Style& style) {
  const auto widest = [&](const char* name, size_t least) {
    for (const Json& relay : who.at("relays"))
      least = std::max(least, relay.at(name).get_ref<const std::string&>().size());
    return least;
  };
  const size_t width = widest("port", 4), ip = widest("ip", 15), giaddr = widest("giaddr", 15);
  std::string table = absl::StrFormat("%-*s  %-17s  %-*s  %-*s %10s %10s %10s %10s %10s  %s\n", width, "port",
                                      "MAC", ip, "source IP", giaddr, "giaddr", "copies", "first", "second",
                                      "turns", "late", "last seen");
  for (const Json* relay : sorted(who.at("relays"))) {
    const auto of = [&](const char* name) { return relay->at(name).get<std::string>(); };
    const bool silent = relay->at("silent").get<bool>();
    const std::string line = absl::StrFormat(
        "%-*s  %-17s  %-*s  %-*s%s  %s%s", width, of("port"), of("mac"), ip, of("ip"), giaddr, of("giaddr"),
        counts(*relay), ago(relay->at("last_seen_s").get<double>()), silent ? "  SILENT" : "");
    absl::StrAppend(&table, silent ? style(Level::problem, line) : line, "\n");
  }
  if (const Json& others = who.at("others"); number(others, "copies") != 0)
    absl::StrAppendFormat(&table, "%-*s%s\n", width + 23 + ip + giaddr, "others, counted together",
                          counts(others));
  return table;
}

}  // namespace

std::string render_relays(const Json& who, const Style& style) {
  if (who.at("relays").empty()) return "no relay has brought a request\n";
  std::string out = relay_table(who, style);
  if (number(who.at("lag"), "copies") != 0)
    absl::StrAppend(&out, "\nhow far apart the copies of two relays come\n",
                    distribution_text(who.at("lag")));
  if (const std::string pairs = pairs_text(who); !pairs.empty()) absl::StrAppend(&out, "\n", pairs);
  return out;
}

}  // namespace relaysieve
