// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor.h"

#include <systemd/sd-daemon.h>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {

Supervisor::Supervisor(size_t workers, EventLog& events)
    : events_(events), watch_(workers), health_(workers) {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0)
    feeding_ = std::chrono::microseconds(microseconds) / 2;  // as sd_watchdog_enabled(3) advises
}

void Supervisor::look(std::span<const uint64_t> rounds, Time now) {
  for (const auto& [worker, stalled, still] : watch_.look(rounds, now)) {
    const std::string time = print_duration(std::chrono::round<std::chrono::milliseconds>(still));
    health_[worker].stalled.store(stalled, std::memory_order_relaxed);
    if (stalled) {
      health_[worker].stalls.add(1);
      events_.tell(EventKind::worker_stalled, absl::StrCat(worker),
                   absl::StrCat("worker ", worker, " has stalled: it has not moved for ", time));
    } else {
      events_.tell(EventKind::worker_moves, absl::StrCat(worker),
                   absl::StrCat("worker ", worker, " moves again, after ", time));
    }
  }
  feed_watchdog(now);
}

void Supervisor::feed_watchdog(Time now) {
  if (feeding_ == Duration::zero() || now - fed_ < feeding_ || watch_.any_stalled()) return;
  sd_notify(0, "WATCHDOG=1");
  fed_ = now;
}

}  // namespace relaysieve
