// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "relaysieve/reason.h"
#include "status/figures.h"
#include "status/status.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;

std::string rate(const Json& object, const char* name) { return print_rate(object.at(name).get<double>()); }

size_t widest_name(const Json& ports) {
  size_t width = 4;
  for (const Json& port : ports) width = std::max(width, text(port, "name").size());
  return width;
}

std::string port_table(const Json& ports, const Style& style) {
  const size_t width = widest_name(ports);
  std::string table =
      absl::StrFormat("%-*s  %-7s  %-9s  %-4s  %14s  %14s  %10s  %10s\n", width, "port", "side", "driver",
                      "link", "frames in", "frames out", "refused", "missed");
  for (const Json& port : ports) {
    const std::string_view link = link_word(port);
    const std::string padded = absl::StrFormat("%-4s", std::string(link));
    absl::StrAppendFormat(&table, "%-*s  %-7s  %-9s  %s  %14u  %14u  %10u  %10u\n", width, text(port, "name"),
                          text(port, "side"), text(port, "driver"),
                          link == "up" ? padded : style(Level::problem, padded), number(port, "rx_frames"),
                          number(port, "tx_frames"), number(port, "refused"), number(port, "missed"));
  }
  return table;
}

std::string request_lines(const Json& status) {
  const Json& requests = status.at("requests");
  const Json& memory = status.at("memory");
  const uint64_t forwarded = number(requests, "forwarded");
  const uint64_t dropped = number(requests, "dropped");
  std::string lines =
      absl::StrFormat("\nrequests %u = forwarded %u + dropped %u; %s a second\n", forwarded + dropped,
                      forwarded, dropped, rate(status.at("rates"), "requests"));
  if (memory.contains("transmissions"))
    absl::StrAppendFormat(&lines, "memory: %u clients and %u transmissions, of %u each\n",
                          number(memory, "clients"), number(memory, "transmissions"),
                          number(memory, "capacity"));
  return lines;
}

std::string reason_table(const Json& status) {
  const Json& reasons = status.at("reasons");
  const Json of_v6 = status.value(Json::json_pointer("/families/v6"), Json::object());
  std::string table;
  for (const ReasonInfo& reason : kReasons) {
    const auto count = reasons.value(std::string(reason.name), uint64_t{0});
    if (count == 0) continue;
    const auto v6 = of_v6.value(std::string(reason.name), uint64_t{0});
    absl::StrAppendFormat(&table, "%14u  %-7s  %-26s  %s%s\n", count,
                          reason.action == Action::drop ? "drop" : "forward", std::string(reason.name),
                          std::string(reason.sentence),
                          v6 == 0 ? "" : absl::StrFormat(" (%u of DHCPv6)", v6));
  }
  return table.empty() ? "" : absl::StrFormat("\n%14s  %-7s  %s\n", "frames", "verdict", "reason") + table;
}

// Nothing as long as all is well.
std::string stalls(const Json& workers) {
  std::string lines;
  for (size_t i = 0; i < workers.size(); ++i) {
    const uint64_t count = number(workers[i], "stalls");
    if (count == 0) continue;
    const bool now = workers[i].at("stalled").get<bool>();
    absl::StrAppendFormat(&lines, "\nstalls of worker %u: %u%s\n", i, count,
                          now ? ", and it stands still now" : "");
  }
  return lines;
}

std::string sums(const Json& totals) {
  return absl::StrFormat("\nreceived %u = forwarded %u + dropped %u + refused %u\n",
                         number(totals, "received"), number(totals, "forwarded"), number(totals, "dropped"),
                         number(totals, "refused"));
}

}  // namespace

std::string title_line(const Json& status) {
  const auto uptime = absl::Seconds(static_cast<int64_t>(status.at("uptime_seconds").get<double>()));
  return absl::StrFormat("relaysieved %s, mode %s, up %s", text(status, "version"), text(status, "mode"),
                         absl::FormatDuration(uptime));
}

std::string look_at_line(const Json& status) {
  const Json& look = status.at("look_at");
  const std::string command = text(look, "command");
  return command.empty() ? text(look, "text") : absl::StrCat(text(look, "text"), "; next: ", command);
}

std::string_view link_word(const Json& port) {
  if (port.at("link").get<bool>()) return "up";
  return port.at("held").get<bool>() ? "held" : "down";
}

std::string rate_table(const Json& status) {
  const Json& rates = status.at("rates");
  const size_t width = widest_name(rates.at("ports"));
  std::string table =
      absl::StrFormat("%-*s  %12s  %12s  %12s  %12s   over the last %.0f s\n", width, "port", "frames/s in",
                      "bits/s in", "frames/s out", "bits/s out", rates.at("over_seconds").get<double>());
  for (const Json& port : rates.at("ports"))
    absl::StrAppendFormat(&table, "%-*s  %12s  %12s  %12s  %12s\n", width, text(port, "name"),
                          rate(port, "rx_frames"), rate(port, "rx_bits"), rate(port, "tx_frames"),
                          rate(port, "tx_bits"));
  return table;
}

std::string render_status(const Json& status, const Style& style) {
  const Level level = level_of(text(status.at("look_at"), "level"));
  return style.strong(title_line(status)) + "\n" + style(level, look_at_line(status)) + "\n\n" +
         port_table(status.at("ports"), style) + "\n" + rate_table(status) + request_lines(status) +
         sums(status.at("totals")) + reason_table(status) + stalls(status.at("workers"));
}

}  // namespace relaysieve
