// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/link_carry.h"
#include "daemon/wiring.h"
#include "events/event_log.h"
#include "ports/interface.h"
#include "ports/link_monitor.h"
#include "settings/settings.h"

namespace relaysieve {

// Watches the network interfaces that are ports. It logs what becomes of their links and MTUs, switches off again
// what would merge frames, and carries the loss of one side's link to the other. For one thread.
class LinkWatch {
 public:
  // `wiring` is to outlive it.
  static absl::StatusOr<std::unique_ptr<LinkWatch>> open(Wiring& wiring, const Settings& settings,
                                                         EventLog& events, Time now);

  // poll(2) finds it readable when the kernel has something to tell.
  int descriptor() const { return monitor_->descriptor(); }
  // To be called then, and some times a second. Looks if there is a reason to, and once a second in any case.
  void look(Time now);

 private:
  struct Watched {
    size_t number;  // of the port
    Port* port;
    Interface* interface;
    LinkCarry::Side side;
    bool link = false;
    int mtu = 0;
    std::optional<Time> switched_off{};  // when merging was
    std::optional<Time> said{};          // and when it was logged
  };
  struct WatchedWire {
    std::vector<Watched> ports;
    std::optional<LinkCarry> carry;  // none: links are not carried over
    bool held(const Watched& port) const { return carry && carry->held() == port.side; }
  };

  LinkWatch(Wiring& wiring, EventLog& events, Time now);
  void prepare_to_carry(const Settings& settings);
  void look_at_links(WatchedWire& wire);
  static void look_at_mtus(WatchedWire& wire);
  static void keep_merging_off(Watched& port, Time now);
  void carry_over(WatchedWire& wire, Duration elapsed, bool insist);

  Wiring& wiring_;
  EventLog& events_;
  std::unique_ptr<LinkMonitor> monitor_;
  std::vector<WatchedWire> wires_;
  Time looked_;
  Time insisted_;  // the last look that was due in any case
};

}  // namespace relaysieve
