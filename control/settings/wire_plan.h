// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "settings/settings.h"

namespace relaysieve {

// One wire by the names of its ports.
struct WirePlan {
  std::vector<std::string> routers;
  std::string server;
};

// What the settings routers, server and wire make: one wire, or as many as there are pairs. Ports may be missing.
std::vector<WirePlan> plan_wires(const Settings& settings);

// Why settings of ports do not go together, and the setting that says so.
struct PortConflict {
  std::string_view setting;
  std::string sentence;
};
std::optional<PortConflict> conflict_of_ports(const Settings& settings);

// The plan, if there is all that a daemon needs.
absl::StatusOr<std::vector<WirePlan>> complete_plan(const Settings& settings);

}  // namespace relaysieve
