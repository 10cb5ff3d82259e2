// SPDX-License-Identifier: Apache-2.0
#include "relays/relays_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "relays/lag_text.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;
ordered_json name_json(const RelayName& relay, const std::vector<std::string>& ports) {
  return {{"ip", print_address(relay.ip)},
          {"mac", print_mac(relay.mac)},
          {"port", ports.empty() ? ordered_json(relay.port) : ordered_json(ports.at(relay.port))}};
}

ordered_json lag_json(const Histogram& lag) {
  if (lag.count() == 0) return nullptr;
  return {{"min", microseconds(lag.min())},
          {"median", microseconds(lag.quantile(0.5))},
          {"p90", microseconds(lag.quantile(0.9))},
          {"p99", microseconds(lag.quantile(0.99))},
          {"p999", microseconds(lag.quantile(0.999))},
          {"max", microseconds(lag.max())}};
}

ordered_json distribution_json(const Histogram& lag) {
  ordered_json buckets = ordered_json::array();
  lag.each([&](Duration end, uint64_t count) { buckets.push_back({microseconds(end), count}); });
  return buckets;
}

ordered_json spread_json(const Histogram& lag) {
  return {{"copies", lag.count()}, {"lag_us", lag_json(lag)}, {"distribution", distribution_json(lag)}};
}

void add_counts(ordered_json& json, const CensusTotals::Relay& relay) {
  ordered_json reasons = ordered_json::object();
  for (size_t i = 0; i < kReasonCount; ++i)
    if (relay.reasons[i] != 0) reasons[std::string(kReasons[i].name)] = relay.reasons[i];
  json["copies"] = relay.copies();
  json["first_copies"] = relay.count(Reason::first_copy);
  json["second_copies"] =
      relay.count_either_mode(Reason::second_copy) + relay.count_either_mode(Reason::second_copy_rewritten);
  json["turns"] = relay.count_either_mode(Reason::turn_passed);
  json["late_copies"] = relay.count(Reason::late_copy);
  json["reasons"] = std::move(reasons);
}

ordered_json relay_json(const CensusTotals::Relay& relay, Time now, const RelaysKnown& known) {
  const auto before = [now](Time then) {
    return std::max(std::chrono::duration<double>(now - then).count(), 0.0);
  };
  ordered_json json = name_json(relay.name, known.ports);
  json["family"] = kFamilies[static_cast<size_t>(relay.name.family())];
  json["giaddr"] = print_address(relay.name.giaddr);
  add_counts(json, relay);
  json["first_seen_s"] = before(relay.first_seen);
  json["last_seen_s"] = before(relay.last_seen);
  if (known.silent) json["silent"] = known.silent(relay.router);
  return json;
}

ordered_json pairs_json(const CensusTotals& totals, const RelaysKnown& known) {
  ordered_json pairs = ordered_json::array();
  for (size_t i = 0; i < totals.pairs.size(); ++i) {
    const CensusTotals::Pair& pair = totals.pairs[i];
    if (pair.lag.count() + pair.twins + pair.rewritten == 0) continue;
    pairs.push_back({{"first", name_json(totals.relays[pair.first].name, known.ports)},
                     {"second", name_json(totals.relays[pair.second].name, known.ports)},
                     {"copies", pair.lag.count()},
                     {"lag_us", lag_json(pair.lag)},
                     {"distribution", distribution_json(pair.lag)},
                     {"late", pair.late},
                     {"twins", pair.twins},
                     {"rewritten", pair.rewritten}});
    if (i < known.hints.size() && !known.hints[i].empty()) pairs.back()["hint"] = known.hints[i];
  }
  return pairs;
}

}  // namespace

ordered_json relays_json(const CensusTotals& totals, Time now, const RelaysKnown& known) {
  ordered_json relays = ordered_json::array(), others = ordered_json::object();
  for (const CensusTotals::Relay& relay : totals.relays) relays.push_back(relay_json(relay, now, known));
  add_counts(others, totals.others);
  return {{"relays", std::move(relays)},
          {"others", std::move(others)},
          {"pairs", pairs_json(totals, known)},
          {"other_pairs", totals.other_pairs},
          {"lag", spread_json(totals.lag)},
          {"echoes", spread_json(totals.echo)},
          {"repetitions", spread_json(totals.repeat)}};
}

}  // namespace relaysieve
