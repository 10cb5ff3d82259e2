// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor_facts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "client/client.h"
#include "client/find_daemon.h"
#include "settings/wire_plan.h"
#include "version.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;

// The ports that the settings name.
std::vector<PortFacts> planned_ports(const Settings& settings) {
  std::vector<PortFacts> ports;
  const std::vector<WirePlan> plan = plan_wires(settings);
  for (size_t i = 0; i < plan.size(); ++i) {
    std::vector<std::string> names = plan[i].routers;
    names.push_back(plan[i].server);
    for (const std::string& name : names)
      if (!name.empty()) ports.push_back({.name = name, .wire = i + 1});
  }
  return ports;
}

// What the daemon knows of a port.
void adopt(const Json& said, const Json& examined, PortFacts& port) {
  said.at("wire").get_to(port.wire);
  said.at("held").get_to(port.held);
  said.at("driver").get_to(port.opened_with);
  said.at("unfinished_checksums").get_to(port.unfinished);
  said.at("missed").get_to(port.missed);
  said.at("refused").get_to(port.refused);
  port.trouble = examined.at("troubles").value(port.name, "");
}

void ask_daemon(const Settings& settings, Facts& facts) {
  const std::string control = control_given(settings);
  const auto status = ask(control, "GET", "/v1/status");
  if (!status.ok()) {
    facts.daemon_error = std::string(status.status().message());
    return;
  }
  const auto examined = ask(control, "GET", "/v1/doctor");
  if (!examined.ok()) {
    facts.daemon_error = std::string(examined.status().message());
    return;
  }
  facts.daemon = {.version = status->at("version").get<std::string>(),
                  .memory = examined->at("memory").get<std::string>(),
                  .barrier = examined->at("barrier").get<std::string>(),
                  .files = examined->at("files").get<unsigned long>()};
  facts.workers = static_cast<unsigned>(status->at("workers").size());
  const bool planned = !facts.ports.empty();
  for (const Json& said : status->at("ports")) {
    const auto name = said.at("name").get<std::string>();
    auto port = std::ranges::find(facts.ports, name, &PortFacts::name);
    if (port == facts.ports.end() && planned) continue;
    if (port == facts.ports.end()) port = facts.ports.insert(port, {.name = name});
    adopt(said, *examined, *port);
  }
}

}  // namespace

Facts gather_facts(const Settings& settings) {
  Facts facts{.version = kVersion, .workers = settings.workers, .ports = planned_ports(settings)};
  try {
    ask_daemon(settings, facts);
  } catch (const nlohmann::json::exception&) {
    facts.daemon.reset();
    facts.daemon_error = "its answer is not understood: is it of another version?";
  }
  look_at_machine(facts);
  look_at_ports(facts);
  return facts;
}

}  // namespace relaysieve
