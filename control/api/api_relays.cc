// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "api/api.h"
#include "relays/advice.h"
#include "relays/relays_json.h"

namespace relaysieve::api {
namespace {

std::vector<std::string> port_names(const Daemon& daemon) {
  std::vector<std::string> names;
  for (const Wiring::Place& place : daemon.wiring().ports()) names.push_back(place.port->name());
  return names;
}

}  // namespace

HttpReply relays(Daemon& daemon, const HttpRequest&) {
  const CensusTotals totals = daemon.relays();
  const Time now = std::chrono::steady_clock::now().time_since_epoch();
  return reply(200, relays_json(totals, now,
                                {.ports = port_names(daemon),
                                 .hints = pair_hints(daemon.settings(), totals),
                                 .silent = [&](uint32_t router) { return daemon.silent(router); }}));
}

HttpReply advice(Daemon& daemon, const HttpRequest&) {
  return reply(200, advice_json(daemon.settings(), daemon.relays()));
}

}  // namespace relaysieve::api
