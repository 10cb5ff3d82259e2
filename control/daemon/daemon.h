// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "census.h"
#include "daemon/link_watch.h"
#include "daemon/supervisor.h"
#include "daemon/wiring.h"
#include "events/event_log.h"
#include "events/relay_watch.h"
#include "lookout/lookout.h"
#include "ports/counters.h"
#include "ports/policy_feed.h"
#include "ports/tap.h"
#include "relaysieve/filter.h"
#include "settings/live_settings.h"
#include "snapshot/rates.h"
#include "snapshot/snapshot.h"

namespace relaysieve {

// A running relaysieved: its wires, one memory, and the threads that move the frames.
class Daemon {
 public:
  // Opens all ports; every error is one sentence.
  static absl::StatusOr<std::unique_ptr<Daemon>> open(const std::vector<WirePlan>& plan,
                                                      const Settings& settings, SettingsSource source);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void start();  // frames flow
  void stop();   // and no more; what they have counted stays
  // A port that has gone away for good breaks its wire. Logs what an operator should know of the others, and acts
  // on what has become of their links. To be called some times a second, and when poll(2) finds link_news() readable.
  absl::Status check();
  int link_news() const { return links_->descriptor(); }
  void watch_workers();  // every StallWatch::kPeriod

  // For any thread:

  Snapshot snapshot() const;
  const Wiring& wiring() const { return *wiring_; }
  CensusTotals relays() const;                                           // who has brought what
  nlohmann::ordered_json status() const { return to_json(snapshot()); }  // as /v1/status gives it
  Settings settings() const { return live_.get(); }
  // See LiveSettings::set and reload. The workers take the new policy between two bursts.
  absl::StatusOr<std::vector<Change>> change(std::string_view wanted, bool save) {
    return live_.set(wanted, save);
  }
  absl::StatusOr<LiveSettings::Reload> reload() { return live_.reload(); }
  std::string settings_file() const { return live_.source().path(); }
  void flush();                                 // forgets every client and transmission
  Lookout& lookout() { return *lookout_; }      // shows frames as they come
  std::vector<std::string> port_names() const;  // in order of their numbers
  std::string metrics() const;                  // as Prometheus scrapes them
  EventLog& events() { return events_; }        // what has happened
  bool silent(uint32_t router) const;           // a relay that has fallen silent

 private:
  Daemon(const Settings& settings, SettingsSource source);
  void adopt(const Policy& wanted);

  Totals totals() const;
  std::vector<const Census*> censuses() const;
  void take_rates(Time now);
  Occupancy held(Time now) const;

  void watch_relays(Time now);

  EventLog events_;
  LiveSettings live_;
  std::mutex changing_;  // a policy or a flush at a time
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Filter filter_;  // whose memory all workers share; itself it judges nothing
  mutable std::mutex counting_;
  mutable std::optional<Time> counted_;  // when what the memory holds was counted last
  mutable Occupancy held_;
  PolicyFeed feed_;
  std::unique_ptr<Wiring> wiring_;
  std::unique_ptr<LinkWatch> links_;
  std::vector<std::unique_ptr<Counters>> counters_;  // a worker's each
  std::vector<std::unique_ptr<Census>> censuses_;    // a worker's each
  Supervisor supervisor_;
  mutable std::mutex watching_;  // between who watches and who asks
  RelayWatch relay_watch_;
  Time watched_{};
  uint64_t evicted_ = 0;            // as last told
  mutable std::mutex rates_mutex_;  // between who notes and who asks; no worker's
  RateMeter rates_;
  std::unique_ptr<Taps> taps_;
  std::unique_ptr<Lookout> lookout_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
  std::map<const Port*, std::string> troubles_;  // as logged
  std::set<const Port*> warned_of_;              // ports whose unfinished checksums have been logged
};

}  // namespace relaysieve
