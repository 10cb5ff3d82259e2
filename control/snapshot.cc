// SPDX-License-Identifier: Apache-2.0
#include "snapshot.h"

#include <nlohmann/json.hpp>

#include "settings.h"
#include "version.h"

namespace relaysieve {

using nlohmann::ordered_json;

std::string word(Mode mode) {
  Settings settings;
  settings.policy.mode = mode;
  return setting("mode").print(settings);
}

ordered_json to_json(const Snapshot& snapshot) {
  ordered_json workers = ordered_json::array();
  for (const Snapshot::Worker& worker : snapshot.workers)
    workers.push_back({{"rounds", worker.rounds},
                       {"busy_rounds", worker.busy},
                       {"busy_seconds", worker.busy_seconds},
                       {"wakeups", worker.wakeups},
                       {"stalls", worker.stalls},
                       {"stalled", worker.stalled}});
  ordered_json ports = ordered_json::array();
  for (const Snapshot::Port& port : snapshot.ports)
    ports.push_back({{"name", port.name},
                     {"side", port.server ? "server" : "routers"},
                     {"wire", port.wire},
                     {"driver", port.driver},
                     {"link", port.link},
                     {"rx_frames", port.counted.rx_frames},
                     {"rx_bytes", port.counted.rx_bytes},
                     {"tx_frames", port.counted.tx_frames},
                     {"tx_bytes", port.counted.tx_bytes},
                     {"refused", port.counted.refused},
                     {"missed", port.missed},
                     {"unfinished_checksums", port.unfinished}});
  const Totals& totals = snapshot.totals;
  ordered_json reasons;
  for (size_t i = 0; i < kReasonCount; ++i) reasons[std::string(kReasons[i].name)] = totals.reasons[i];
  return {{"version", kVersion},
          {"mode", word(snapshot.mode)},
          {"uptime_seconds", snapshot.uptime},
          {"workers", workers},
          {"ports", ports},
          {"reasons", reasons},
          {"totals",
           {{"received", totals.received},
            {"forwarded", totals.forwarded},
            {"dropped", totals.dropped},
            {"refused", totals.refused}}},
          {"memory",
           {{"capacity", snapshot.capacity},
            {"transmissions", snapshot.held.transmissions},
            {"clients", snapshot.held.clients},
            {"evicted", totals.evicted},
            {"recalled", totals.recalled},
            {"false_positive_ratio", snapshot.false_positives}}}};
}

}  // namespace relaysieve
