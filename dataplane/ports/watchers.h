// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "ports/file_prefix.h"

namespace relaysieve {

// Looks after those who watch (dpdk-dumpcap, dpdk-pdump). One that is killed cannot take its leave: its callbacks
// stay, take copies for nobody, and nobody else can watch that port; and its huge pages stay taken. DPDK lets only
// a tool's process take callbacks back (rte_pdump_disable), so this program becomes one for a moment.
class Watchers {
 public:
  // As often as you like, by one thread; looks once a second.
  void forget_the_dead(const FilePrefix& prefix);

 private:
  std::chrono::steady_clock::time_point next_look_;
  std::optional<pid_t> helper_;
  bool helpless_ = false;  // it could not help
};

// The helper's part: to be asked before anything else in main(). Its exit status, if this is the helper.
std::optional<int> help_watchers();

}  // namespace relaysieve
