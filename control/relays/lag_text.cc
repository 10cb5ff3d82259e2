// SPDX-License-Identifier: Apache-2.0
#include "relays/lag_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr std::array kQuantiles = {"min", "median", "p90", "p99", "max"};
constexpr size_t kBar = 40;
constexpr size_t kBlocks = 50;

std::string quantile(const ordered_json& lag_us, const char* name) {
  return lag_us.is_null() ? "-" : short_time(lag_us.at(name).get<double>());
}

// Where the bars end, us: halves of powers of ten. The last holds whatever a histogram can.
constexpr std::array kLimits = {1.,  3.,  10., 30., 100., 300., 1e3, 3e3, 1e4,
                                3e4, 1e5, 3e5, 1e6, 3e6,  1e7,  3e7, 1e8};

std::string part(uint64_t of, uint64_t all) {
  return absl::StrFormat("%5.1f%%", 100 * static_cast<double>(of) / static_cast<double>(all));
}

std::string relay_text(const ordered_json& relay) {
  std::string where;
  if (relay.at("port").is_string()) where = absl::StrCat(" ", relay.at("port").get<std::string>());
  if (relay.at("port").is_number() && relay.at("port") != 0)
    where = absl::StrCat(" port ", relay.at("port").get<int>());
  return absl::StrCat(relay.at("ip").get<std::string>(), " (", relay.at("mac").get<std::string>(), where,
                      ")");
}

// Both directions of two relays; the second may be missing.
using Both = std::vector<const ordered_json*>;

uint64_t sum(const Both& both, const char* name) {
  uint64_t sum = 0;
  for (const ordered_json* pair : both) sum += pair->at(name).get<uint64_t>();
  return sum;
}

// Those that something would help first, then the busiest.
std::vector<Both> by_two(const ordered_json& pairs) {
  std::map<std::pair<std::string, std::string>, Both> twos;
  for (const ordered_json& pair : pairs) {
    const std::string first = relay_text(pair.at("first")), second = relay_text(pair.at("second"));
    twos[std::minmax(first, second)].push_back(&pair);
  }
  std::vector<Both> sorted;
  for (auto& [relays, both] : twos) sorted.push_back(std::move(both));
  std::ranges::stable_sort(sorted, std::greater(), [](const Both& both) {
    return std::pair(both[0]->contains("hint"), sum(both, "copies"));
  });
  return sorted;
}

std::string block(const Both& both) {
  const ordered_json &one = both[0]->at("first"), &other = both[0]->at("second");
  std::string out = absl::StrFormat("\n  %s and %s\n", relay_text(one), relay_text(other));
  const uint64_t copies = sum(both, "copies");
  for (const ordered_json* pair : both) {
    const auto here = pair->at("copies").get<uint64_t>();
    if (here == 0) continue;
    absl::StrAppendFormat(&out, "  %9d %s", here, part(here, copies));
    for (const char* name : kQuantiles)
      absl::StrAppendFormat(&out, " %8s", quantile(pair->at("lag_us"), name));
    absl::StrAppendFormat(&out, "  %s first\n", pair->at("first").at("ip").get<std::string>());
  }
  const auto note = [&](const char* name, const char* words) {
    if (const uint64_t count = sum(both, name); count != 0)
      absl::StrAppendFormat(&out, "  %9d %s\n", count, words);
  };
  note("late", "of them late: after the window");
  note("twins", "twins: the same request in two scopes; each passed");
  note("rewritten", "rewritten: the same request with other options");
  if (both[0]->contains("hint"))
    absl::StrAppendFormat(&out, "          ! %s\n", both[0]->at("hint").get<std::string>());
  return out;
}

}  // namespace

double microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

std::string short_time(double us) {
  if (us < 999.5) return absl::StrFormat("%.3gus", us);
  if (us < 999.5e3) return absl::StrFormat("%.3gms", us / 1e3);
  return absl::StrFormat("%.3gs", us / 1e6);
}

std::string distribution_text(const ordered_json& spread) {
  const auto copies = spread.at("copies").get<uint64_t>();
  if (copies == 0) return "";
  std::string out = " ";
  for (const char* name : kQuantiles)
    absl::StrAppend(&out, " ", name, " ", quantile(spread.at("lag_us"), name));
  out += "\n";
  std::array<uint64_t, kLimits.size()> bars{};
  for (const ordered_json& bucket : spread.at("distribution"))
    bars[std::ranges::lower_bound(kLimits, bucket.at(0).get<double>()) - kLimits.begin()] +=
        bucket.at(1).get<uint64_t>();
  const auto holds_any = [](uint64_t bar) { return bar != 0; };
  const auto first = std::ranges::find_if(bars, holds_any);
  if (first == bars.end()) return out;
  const auto last = std::find_if(bars.rbegin(), bars.rend(), holds_any).base();
  const uint64_t most = std::max<uint64_t>(*std::max_element(first, last), 1);
  for (auto bar = first; bar != last; ++bar) {
    const std::string drawn = *bar == 0 ? "" : "  " + std::string((*bar * kBar + most - 1) / most, '#');
    absl::StrAppendFormat(&out, "  to %6s %9d %s%s\n", short_time(kLimits[bar - bars.begin()]), *bar,
                          part(*bar, copies), drawn);
  }
  return out;
}

std::string pairs_text(const ordered_json& who) {
  const std::vector<Both> twos = by_two(who.at("pairs"));
  if (twos.empty()) return "";
  std::string out = absl::StrFormat("  %9s %6s", "copies", "");
  for (const char* name : kQuantiles) absl::StrAppendFormat(&out, " %8s", name);
  out += "\n";
  for (const Both& both : std::span(twos).first(std::min(twos.size(), kBlocks))) out += block(both);
  if (twos.size() > kBlocks)
    absl::StrAppendFormat(&out, "\n  and %d pairs more: --json has them\n", twos.size() - kBlocks);
  if (const auto others = who.at("other_pairs").get<uint64_t>(); others != 0)
    absl::StrAppendFormat(&out, "\n  %9d of other pairs\n", others);
  return out;
}

}  // namespace relaysieve
