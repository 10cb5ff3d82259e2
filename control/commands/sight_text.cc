// SPDX-License-Identifier: Apache-2.0
#include "commands/sight_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "relaysieve/reason.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

// "2026-11-22T07:45:10.123456789Z" as 08:45:10.123, where that is the time here.
std::string clock_time(const std::string& time) {
  absl::Time parsed;
  if (!absl::ParseTime(absl::RFC3339_full, time, &parsed, nullptr)) return time;
  return absl::FormatTime("%H:%M:%E3S", parsed, absl::LocalTimeZone());
}

std::string sentence_of(const std::string& reason) {
  const auto known = std::ranges::find(kReasons, std::string_view(reason), &ReasonInfo::name);
  return known == kReasons.end() ? reason : std::string(known->sentence);
}

// "DISCOVER  167f883c  10.30.0.2 > 10.30.0.10  giaddr 10.20.0.2"; "SOLICIT  9198d6  ...  link fd20:20::2"
std::string message(const ordered_json& line) {
  if (!line.contains("type")) return absl::StrCat("a frame of ", line.value("length", 0), " bytes");
  const bool reply = line.value("message", "") == "reply";
  const std::string address = line.value(reply ? "yiaddr" : "giaddr", "");
  return absl::StrFormat("%-9s %s  %-27s %s %-15s", line.value("type", ""), line.value("xid", ""),
                         absl::StrCat(line.value("source", ""), " > ", line.value("destination", "")),
                         reply                              ? "yiaddr"
                         : line.value("family", "") == "v6" ? "link"
                                                            : "giaddr",
                         address);
}

std::string why(const ordered_json& line) {
  const std::string reason = line.value("reason", "");
  std::string words = reason == "server_side" ? "a reply from the server's side" : sentence_of(reason);
  if (line.contains("lag_us")) {
    absl::StrAppend(&words, "; ", absl::StrFormat("%.3f", line.value("lag_us", 0.0) / 1000),
                    " ms after the first copy");
    if (line.contains("first_relay")) absl::StrAppend(&words, ", by ", line["first_relay"].value("ip", ""));
  }
  if (line.value("refused", false)) words += "; the port it was for would not take it";
  return words;
}

std::string begin(const ordered_json& line) {
  const std::string mode = line.value("mode", "");
  return absl::StrCat(
      "watching ", line.value("watching", ""), ", mode ", mode,
      mode == "bypass" ? ": nothing is looked at, so nothing has a reason\n" : "; Ctrl-C ends it\n");
}

}  // namespace

std::string render_sight(const ordered_json& line, bool with_client) {
  if (line.contains("watching")) return begin(line);
  if (line.contains("lost"))
    return absl::StrCat("-- ", line.value("lost", 0), " are missing here: too many at once\n");
  return absl::StrFormat("%s %+12.3f ms  %s%s  %-8s %-7s  %s\n", clock_time(line.value("time", "")),
                         line.value("after_us", 0.0) / 1000,
                         with_client ? absl::StrFormat("%-17s  ", line.value("client", "")) : "",
                         message(line), line.value("port", ""), line.value("verdict", ""), why(line));
}

}  // namespace relaysieve
