// SPDX-License-Identifier: Apache-2.0
#include "settings/wire_plan.h"

#include <net/if.h>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr size_t kMostPorts = 64;

bool same_port(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const unsigned index = if_nametoindex(a.c_str());  // an interface can have several names
  return index != 0 && index == if_nametoindex(b.c_str());
}

// Every port, with the setting that names it.
std::vector<std::pair<std::string_view, std::string>> named_ports(const Settings& settings) {
  std::vector<std::pair<std::string_view, std::string>> ports;
  for (const std::string& port : settings.routers) ports.emplace_back("routers", port);
  if (!settings.server.empty()) ports.emplace_back("server", settings.server);
  for (const std::string& wire : settings.wires)
    for (const std::string& port : split_ports(wire)) ports.emplace_back("wire", port);
  return ports;
}

}  // namespace

std::vector<WirePlan> plan_wires(const Settings& settings) {
  if (settings.wires.empty()) return {{settings.routers, settings.server}};
  std::vector<WirePlan> plan;
  for (const std::string& wire : settings.wires) {
    const std::vector<std::string> ends = split_ports(wire);
    plan.push_back({{ends[0]}, ends[1]});
  }
  return plan;
}

std::optional<PortConflict> conflict_of_ports(const Settings& settings) {
  if (!settings.wires.empty() && !(settings.routers.empty() && settings.server.empty()))
    return PortConflict{"wire", "not together with routers and server"};
  const auto ports = named_ports(settings);
  if (ports.size() > kMostPorts)
    return PortConflict{ports.back().first,
                        absl::StrCat(ports.size(), " ports given, at most ", kMostPorts, " are allowed")};
  for (size_t i = 0; i < ports.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (same_port(ports[j].second, ports[i].second))
        return PortConflict{ports[i].first, absl::StrCat("port ", ports[i].second, " is given twice")};
  return std::nullopt;
}

absl::StatusOr<std::vector<WirePlan>> complete_plan(const Settings& settings) {
  if (settings.wires.empty() && settings.routers.empty())
    return absl::InvalidArgumentError("--routers is required, or --wire");
  if (settings.wires.empty() && settings.server.empty())
    return absl::InvalidArgumentError("--server is required");
  return plan_wires(settings);
}

}  // namespace relaysieve
