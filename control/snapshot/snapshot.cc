// SPDX-License-Identifier: Apache-2.0
#include "snapshot/snapshot.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "settings/settings.h"
#include "status/look_at.h"
#include "version.h"

namespace relaysieve {

using nlohmann::ordered_json;

std::string word(Mode mode) {
  Settings settings;
  settings.policy.mode = mode;
  return setting("mode").print(settings);
}

namespace {

// To a tenth, which is what a rate over ten seconds is worth.
double tenths(double rate) { return std::round(rate * 10) / 10; }

ordered_json to_json(const Rates& rates, const std::vector<Snapshot::Port>& ports) {
  ordered_json by_port = ordered_json::array();
  for (size_t i = 0; i < rates.ports.size(); ++i) {
    const Rates::Port& rate = rates.ports[i];
    by_port.push_back({{"name", ports[i].name},
                       {"rx_frames", tenths(rate.rx_frames)},
                       {"rx_bits", tenths(rate.rx_bits)},
                       {"tx_frames", tenths(rate.tx_frames)},
                       {"tx_bits", tenths(rate.tx_bits)},
                       {"refused", tenths(rate.refused)},
                       {"missed", tenths(rate.missed)}});
  }
  return {{"over_seconds", tenths(rates.over)},
          {"requests", tenths(rates.requests)},
          {"dropped", tenths(rates.dropped)},
          {"late_copies", tenths(rates.late)},
          {"evicted", tenths(rates.evicted)},
          {"since_request_seconds", tenths(rates.since_request)},
          {"ports", by_port}};
}

// What frames were of each family, by reason; without those that there are none of.
ordered_json families_json(const Totals& totals) {
  ordered_json families;
  for (const Family family : {Family::v4, Family::v6}) {
    ordered_json& counts = families[std::string(kFamilies[static_cast<size_t>(family)])] =
        ordered_json::object();
    for (size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = static_cast<Reason>(i);
      const uint64_t count = has_family(reason) ? totals.count(reason, family) : 0;
      if (count != 0) counts[std::string(info(reason).name)] = count;
    }
  }
  return families;
}

}  // namespace

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
                     {"held", port.held},
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
  const uint64_t dropped = totals.dropped - totals.count(Reason::looped);  // the rule's own drops
  ordered_json status = {{"version", kVersion},
                         {"mode", word(snapshot.mode)},
                         {"uptime_seconds", snapshot.uptime},
                         {"workers", workers},
                         {"ports", ports},
                         {"reasons", reasons},
                         {"families", families_json(totals)},
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
                           {"false_positive_ratio", snapshot.false_positives}}},
                         {"requests", {{"forwarded", totals.requests() - dropped}, {"dropped", dropped}}},
                         {"relays_heard", snapshot.relays_heard},
                         {"rates", to_json(snapshot.rates, snapshot.ports)}};
  status["look_at"] = to_json(look_at(status));
  return status;
}

}  // namespace relaysieve
