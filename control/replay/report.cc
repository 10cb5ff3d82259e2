// SPDX-License-Identifier: Apache-2.0
#include "replay/report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "relays/advice.h"
#include "relays/lag_text.h"
#include "relays/relays_json.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

// How a report sorts the reasons, in the order of kTitles.
enum class Chapter : uint8_t { dropped, judged, undecided, not_looked_at };

constexpr const char* kTitles[] = {"dropped", "requests forwarded", "forwarded undecided",
                                   "forwarded, not a relayed request"};

Chapter chapter_of(Reason reason) {
  switch (reason) {
    case Reason::over_capacity:
    case Reason::untrusted_relay:
    case Reason::fragment:
    case Reason::malformed_ip:
    case Reason::malformed_udp:
    case Reason::malformed_bootp:
    case Reason::malformed_options:
    case Reason::malformed_dhcp6:
    case Reason::nested_too_deep:
      return Chapter::undecided;
    case Reason::direct:
    case Reason::reply:
    case Reason::leasequery:
    case Reason::prefix_delegation:
    case Reason::not_dhcp:
    case Reason::server_side:
    case Reason::bypassed:
      return Chapter::not_looked_at;
    default:
      return info(reason).action == Action::drop ? Chapter::dropped : Chapter::judged;
  }
}

struct Line {
  const char* name;
  uint64_t count;
};

// The figures an operator asks for first.
std::vector<Line> headline(const Tally& tally) {
  return {{"requests", tally.requests()},
          {"first_copies", tally.count(Reason::first_copy)},
          {"second_copies", tally.count_either_mode(Reason::second_copy) +
                                tally.count_either_mode(Reason::second_copy_rewritten)},
          {"retransmissions", tally.count(Reason::retransmission)},
          {"late_copies", tally.count(Reason::late_copy)},
          {"turns", tally.count_either_mode(Reason::turn_passed)}};
}

void add_reasons(std::string& out, const Tally& tally) {
  for (size_t chapter = 0; chapter < std::size(kTitles); ++chapter) {
    std::string lines;
    for (size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = static_cast<Reason>(i);
      if (tally.count(reason) == 0 || chapter_of(reason) != static_cast<Chapter>(chapter)) continue;
      const uint64_t v6 = tally.of_v6(reason);
      absl::StrAppendFormat(&lines, "  %9d  %-24s %s%s\n", tally.count(reason), view(info(reason).name),
                            view(info(reason).sentence),
                            v6 == 0 ? "" : absl::StrFormat(" (%d of DHCPv6)", v6));
    }
    absl::StrAppend(&out, "\n", kTitles[chapter], lines.empty() ? ": none\n" : "\n", lines);
  }
}

ordered_json who_brought_what(const Report& report) {
  const CensusTotals totals = report.tally.relays();
  return relays_json(totals, report.tally.last(), {.hints = pair_hints(report.settings, totals)});
}

}  // namespace

std::string report_text(const Report& report) {
  const Tally& tally = report.tally;
  std::string out = absl::StrFormat("%s: %d frames over %s, mode %s\n\n", report.input, report.frames_read,
                                    short_time(tally.span()), setting("mode").print(report.settings));
  for (const Line& line : headline(tally)) {
    std::string words = line.name;
    absl::StrReplaceAll({{"_", " "}}, &words);
    absl::StrAppendFormat(&out, "  %9d  %s\n", line.count, words);
  }
  absl::StrAppendFormat(&out, "\n%d read = %d forwarded + %d dropped: %s\n", report.frames_read,
                        tally.forwarded(), tally.dropped(),
                        report.sums_agree() ? "the sums agree" : "THE SUMS DISAGREE");
  add_reasons(out, tally);
  const ordered_json who = who_brought_what(report);
  if (who.at("lag").at("copies") != 0)
    absl::StrAppend(&out, "\nhow far apart the copies of two relays came\n",
                    distribution_text(who.at("lag")));
  return out + "\n" + pairs_text(who);
}

nlohmann::ordered_json report_json(const Report& report) {
  const Tally& tally = report.tally;
  ordered_json json = {{"input", report.input},
                       {"mode", setting("mode").print(report.settings)},
                       {"frames", report.frames_read},
                       {"forwarded", tally.forwarded()},
                       {"dropped", tally.dropped()},
                       {"sums_agree", report.sums_agree()},
                       {"broken", report.broken.empty() ? ordered_json() : ordered_json(report.broken)},
                       {"span_us", microseconds(tally.span())}};
  for (const Line& line : headline(tally)) json[line.name] = line.count;
  json["reasons"] = json["undecided"] = ordered_json::object();
  json["families"] = {{"v4", ordered_json::object()}, {"v6", ordered_json::object()}};
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const uint64_t count = tally.count(reason);
    if (count != 0) json["reasons"][info(reason).name] = count;
    const uint64_t v6 = tally.of_v6(reason);
    if (v6 != 0) json["families"]["v6"][info(reason).name] = v6;
    if (has_family(reason) && count != v6) json["families"]["v4"][info(reason).name] = count - v6;
    if (count != 0 && chapter_of(reason) == Chapter::undecided) json["undecided"][info(reason).name] = count;
  }
  json.update(who_brought_what(report));
  return json;
}

}  // namespace relaysieve
