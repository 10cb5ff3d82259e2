// SPDX-License-Identifier: Apache-2.0
#include "lookout/sight.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clock.h"
#include "dhcp_frame.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;
using std::chrono::steady_clock;
using std::chrono::system_clock;

Frame frame_of(const Sight& sight) {
  return {sight.bytes, sight.record.time, sight.record.number, sight.record.port};
}

// Of who brought a first copy, no more than these bits are known.
uint32_t first_bits(uint32_t router) { return router & Verdict::kFirstRouter; }
bool through_the_same(const TapRecord& record) {
  return first_bits(record.first_router) == first_bits(record.router);
}

bool dropped(const Sight& sight) { return info(sight.record.reason).action == Action::drop; }

double microseconds(Duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

void add_message(ordered_json& line, const DhcpFrame& dhcp) {
  const bool v6 = dhcp.family == Family::v6;
  line["family"] = kFamilies[static_cast<size_t>(dhcp.family)];
  line["message"] = dhcp.reply ? "reply" : "request";
  line["type"] = message_type(dhcp.family, dhcp.type);
  line["client"] = dhcp.client.text();
  line["xid"] = absl::StrFormat("%0*x", v6 ? 6 : 8, dhcp.xid);
  for (const uint16_t vlan : dhcp.vlans)
    if (vlan != 0) line["vlans"].push_back(vlan);
  line["source_mac"] = print_mac(dhcp.source_mac.first<6>());
  line["source"] = print_address(dhcp.source_ip);
  line["destination"] = print_address(dhcp.destination_ip);
  line["giaddr"] = print_address(dhcp.giaddr);
  if (v6) line["peer"] = print_address(dhcp.peer);
  if (!dhcp.reply) return;
  line["yiaddr"] = print_address(dhcp.yiaddr);
  line["server"] = print_address(dhcp.server.unspecified() ? dhcp.source_ip : dhcp.server);
}

}  // namespace

Time WallClock::of(Time time) {
  constexpr Duration kStep = std::chrono::milliseconds(1);
  const Time before = monotonic();
  const Duration ahead = system_clock::now().time_since_epoch() - before;
  const bool held_up = monotonic() - before > kStep / 10;  // between the two clocks
  if (!ahead_ || (!held_up && std::chrono::abs(ahead - *ahead_) > kStep)) ahead_ = ahead;
  return time > before + std::chrono::hours(1) ? time : time + *ahead_;
}

std::string print_time(Time wall) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E9SZ", absl::UnixEpoch() + absl::FromChrono(wall),
                          absl::UTCTimeZone());
}

void RelayNames::learn(const Sight& sight) {
  const uint32_t router = first_bits(sight.record.router);
  if (sight.record.router == 0 || names_.contains(router)) return;
  if (names_.size() >= Census::kRelays) names_.clear();
  const RelayName name = relay_of(frame_of(sight));
  if (!name.ip.unspecified()) names_[router] = name;  // else it was cut off too short
}

std::optional<RelayName> RelayNames::find(uint32_t router, Time now) {
  router = first_bits(router);
  if (const auto known = names_.find(router); known != names_.end()) return known->second;
  if (asked_ && now - *asked_ < std::chrono::seconds(1)) return std::nullopt;
  asked_ = now;
  const CensusTotals totals = census_();
  for (const auto& relay : totals.relays) names_[first_bits(relay.router)] = relay.name;
  const auto known = names_.find(router);
  return known != names_.end() ? std::optional(known->second) : std::nullopt;
}

std::optional<RelayName> Describer::first_relay(const Sight& sight) {
  names_.learn(sight);
  if (through_the_same(sight.record)) return std::nullopt;
  return names_.find(sight.record.first_router, monotonic());
}

ordered_json Describer::line(const Sight& sight) {
  const TapRecord& record = sight.record;
  ordered_json line = {{"time", print_time(wall_time(sight))},
                       {"frame", record.number},
                       {"port", record.port < ports_.size() ? ports_[record.port] : ""}};
  if (const auto dhcp = find_dhcp(sight.bytes)) add_message(line, *dhcp);
  line["length"] = record.length;
  line["verdict"] = dropped(sight) ? "drop" : "forward";
  line["reason"] = info(record.reason).name;
  if (record.refused) line["refused"] = true;
  const std::optional<RelayName> first = first_relay(sight);
  if (record.has_first) {
    line["first_frame"] = record.first_number;
    line["lag_us"] = microseconds(record.lag);
  }
  if (first) line["first_relay"] = {{"ip", print_address(first->ip)}, {"mac", print_mac(first->mac)}};
  return line;
}

// "drop: second_copy: another relay already brought this transmission; first copy 2.150 ms before, through ..."
std::string Describer::comment(const Sight& sight, uint64_t first_packet) {
  const TapRecord& record = sight.record;
  const ReasonInfo& why = info(record.reason);
  std::string text =
      absl::StrCat(dropped(sight) ? "drop: " : "forward: ", view(why.name), ": ", view(why.sentence));
  if (record.refused) absl::StrAppend(&text, "; the port it was for would not take it");
  const std::optional<RelayName> first = first_relay(sight);
  if (!record.has_first) return text;
  absl::StrAppend(&text, absl::StrFormat("; first copy %.3f ms before", microseconds(record.lag) / 1000));
  if (first) absl::StrAppend(&text, ", through ", print_address(first->ip), " (", print_mac(first->mac), ")");
  if (!first && through_the_same(record)) text += ", through the same relay";
  if (first_packet != 0) absl::StrAppend(&text, ", packet ", first_packet, " here");
  return text;
}

}  // namespace relaysieve
