// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ports/barrier.h"
#include "ports/counters.h"
#include "ports/port.h"
#include "relaysieve/filter.h"
#include "settings.h"

namespace relaysieve {

// The wire of a running relaysieved: its ports, its filter, and the thread that moves the frames.
class Daemon {
 public:
  // Opens both ports; every error is one sentence.
  static absl::StatusOr<std::unique_ptr<Daemon>> open(const std::string& routers, const std::string& server,
                                                      const Settings& settings);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void start();  // frames flow
  void stop();   // and no more; what they have counted stays
  // A port that has gone away for good breaks the wire. Logs what an operator should know of the others.
  absl::Status check();

  // Everything countable, as /v1/status gives it. For any thread.
  nlohmann::ordered_json status() const;
  bool sums_agree() const { return counters_.sums_agree(); }

 private:
  explicit Daemon(const Settings& settings);
  absl::Status raise_barrier();
  void log_what_was_opened(bool huge_pages, const absl::Status& kernel_kept_out) const;

  Settings settings_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::unique_ptr<Barrier> barrier_;
  std::unique_ptr<Port> routers_;
  std::unique_ptr<Port> server_;
  Filter filter_;
  Counters counters_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  std::set<const Port*> warned_of_;  // ports whose unfinished checksums have been logged
};

}  // namespace relaysieve
