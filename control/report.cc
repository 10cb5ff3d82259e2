// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "text.h"

namespace relaysieve {
namespace {

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
      return Chapter::undecided;
    case Reason::direct:
    case Reason::reply:
    case Reason::leasequery:
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

double microseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

// Three digits and a unit.
std::string short_duration(Duration duration) {
  const double us = microseconds(duration);
  if (us < 1e3) return absl::StrFormat("%.3gus", us);
  if (us < 1e6) return absl::StrFormat("%.3gms", us / 1e3);
  return absl::StrFormat("%.3gs", us / 1e6);
}

std::string relay_text(const RelayName& relay) {
  return absl::StrCat(print_address(relay.ip), " (", print_mac(relay.mac),
                      relay.port == 0 ? "" : absl::StrCat(" port ", relay.port), ")");
}

nlohmann::ordered_json relay_json(const RelayName& relay) {
  return {{"ip", print_address(relay.ip)}, {"mac", print_mac(relay.mac)}, {"port", relay.port}};
}

void add_reasons(std::string& out, const Tally& tally) {
  for (size_t chapter = 0; chapter < std::size(kTitles); ++chapter) {
    std::string lines;
    for (size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = static_cast<Reason>(i);
      if (tally.count(reason) == 0 || chapter_of(reason) != static_cast<Chapter>(chapter)) continue;
      absl::StrAppendFormat(&lines, "  %9d  %-24s %s\n", tally.count(reason), view(info(reason).name),
                            view(info(reason).sentence));
    }
    absl::StrAppend(&out, "\n", kTitles[chapter], lines.empty() ? ": none\n" : "\n", lines);
  }
}

void add_pairs(std::string& out, const Tally& tally) {
  if (tally.pairs().empty()) return;
  absl::StrAppend(&out, "\nhow far apart the copies of two relays came\n");
  absl::StrAppendFormat(&out, "  %9s %8s %8s %8s %8s  %-35s  %s\n", "copies", "min", "median", "p99", "max",
                        "first from", "then from");
  for (const Tally::Pair& pair : tally.pairs()) {
    const Histogram& lag = pair.lag;
    absl::StrAppendFormat(&out, "  %9d %8s %8s %8s %8s  %-35s  %s\n", lag.count(), short_duration(lag.min()),
                          short_duration(lag.quantile(0.5)), short_duration(lag.quantile(0.99)),
                          short_duration(lag.max()), relay_text(pair.first), relay_text(pair.second));
  }
  if (tally.other_pairs() != 0) absl::StrAppendFormat(&out, "  %9d of other pairs\n", tally.other_pairs());
}

}  // namespace

std::string report_text(const Report& report) {
  const Tally& tally = report.tally;
  std::string out = absl::StrFormat("%s: %d frames over %s, mode %s\n\n", report.input, report.frames_read,
                                    short_duration(tally.span()), report.mode);
  for (const Line& line : headline(tally)) {
    std::string words = line.name;
    absl::StrReplaceAll({{"_", " "}}, &words);
    absl::StrAppendFormat(&out, "  %9d  %s\n", line.count, words);
  }
  absl::StrAppendFormat(&out, "\n%d read = %d forwarded + %d dropped: %s\n", report.frames_read,
                        tally.forwarded(), tally.dropped(),
                        report.sums_agree() ? "the sums agree" : "THE SUMS DISAGREE");
  add_reasons(out, tally);
  add_pairs(out, tally);
  return out;
}

nlohmann::ordered_json report_json(const Report& report) {
  const Tally& tally = report.tally;
  nlohmann::ordered_json json = {
      {"input", report.input},
      {"mode", report.mode},
      {"frames", report.frames_read},
      {"forwarded", tally.forwarded()},
      {"dropped", tally.dropped()},
      {"sums_agree", report.sums_agree()},
      {"broken", report.broken.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(report.broken)},
      {"span_us", microseconds(tally.span())}};
  for (const Line& line : headline(tally)) json[line.name] = line.count;
  json["reasons"] = json["undecided"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    const uint64_t count = tally.count(reason);
    if (count != 0) json["reasons"][info(reason).name] = count;
    if (count != 0 && chapter_of(reason) == Chapter::undecided) json["undecided"][info(reason).name] = count;
  }
  json["pairs"] = nlohmann::ordered_json::array();
  for (const Tally::Pair& pair : tally.pairs()) {
    const Histogram& lag = pair.lag;
    json["pairs"].push_back({{"first", relay_json(pair.first)},
                             {"second", relay_json(pair.second)},
                             {"copies", lag.count()},
                             {"lag_us",
                              {{"min", microseconds(lag.min())},
                               {"median", microseconds(lag.quantile(0.5))},
                               {"p99", microseconds(lag.quantile(0.99))},
                               {"max", microseconds(lag.max())}}}});
  }
  json["other_pairs"] = tally.other_pairs();
  return json;
}

}  // namespace relaysieve
