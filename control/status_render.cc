// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "relaysieve/reason.h"
#include "status.h"

namespace relaysieve {
namespace {

std::string port_table(const nlohmann::ordered_json& ports) {
  size_t width = 4;
  for (const auto& port : ports)
    width = std::max(width, port.at("name").get_ref<const std::string&>().size());
  std::string table =
      absl::StrFormat("%-*s  %-7s  %-9s  %-4s  %14s  %14s  %10s  %10s\n", width, "port", "side", "driver",
                      "link", "frames in", "frames out", "refused", "missed");
  for (const auto& port : ports)
    absl::StrAppendFormat(&table, "%-*s  %-7s  %-9s  %-4s  %14u  %14u  %10u  %10u\n", width,
                          port.at("name").get<std::string>(), port.at("side").get<std::string>(),
                          port.at("driver").get<std::string>(), port.at("link").get<bool>() ? "up" : "down",
                          port.at("rx_frames").get<uint64_t>(), port.at("tx_frames").get<uint64_t>(),
                          port.at("refused").get<uint64_t>(), port.at("missed").get<uint64_t>());
  return table;
}

std::string reason_table(const nlohmann::ordered_json& reasons) {
  std::string table;
  for (const ReasonInfo& reason : kReasons) {
    const auto count = reasons.value(std::string(reason.name), uint64_t{0});
    if (count == 0) continue;
    absl::StrAppendFormat(&table, "%14u  %-7s  %-26s  %s\n", count,
                          reason.action == Action::drop ? "drop" : "forward", std::string(reason.name),
                          std::string(reason.sentence));
  }
  return table.empty() ? "" : absl::StrFormat("\n%14s  %-7s  %s\n", "frames", "verdict", "reason") + table;
}

// Nothing as long as all is well.
std::string stalls(const nlohmann::ordered_json& workers) {
  std::string lines;
  for (size_t i = 0; i < workers.size(); ++i) {
    const auto count = workers[i].at("stalls").get<uint64_t>();
    if (count == 0) continue;
    const bool now = workers[i].at("stalled").get<bool>();
    absl::StrAppendFormat(&lines, "\nstalls of worker %u: %u%s\n", i, count,
                          now ? ", and it stands still now" : "");
  }
  return lines;
}

}  // namespace

std::string render_status(const nlohmann::ordered_json& status) {
  const auto uptime = absl::Seconds(static_cast<int64_t>(status.at("uptime_seconds").get<double>()));
  const auto& totals = status.at("totals");
  const auto total = [&](const char* name) { return totals.at(name).get<uint64_t>(); };
  return absl::StrFormat("relaysieved %s, mode %s, up %s\n\n", status.at("version").get<std::string>(),
                         status.at("mode").get<std::string>(), absl::FormatDuration(uptime)) +
         port_table(status.at("ports")) +
         absl::StrFormat("\nreceived %u = forwarded %u + dropped %u + refused %u\n", total("received"),
                         total("forwarded"), total("dropped"), total("refused")) +
         reason_table(status.at("reasons")) + stalls(status.at("workers"));
}

}  // namespace relaysieve
