// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ports/barrier.h"
#include "ports/environment.h"
#include "ports/junction.h"
#include "ports/port.h"
#include "ports/watch_point.h"
#include "ports/worker.h"
#include "settings/wire_plan.h"

namespace relaysieve {

// The open ports of a daemon, and the wires that they make.
class Wiring {
 public:
  struct Place {
    std::unique_ptr<Port> port;
    bool server = false;  // the side it is on
    size_t wire = 0;      // which wire it belongs to
  };

  // Starts DPDK, opens all ports and starts them, with a queue each for every worker; `driver` is for network
  // interfaces. Every error is one sentence.
  static absl::StatusOr<std::unique_ptr<Wiring>> open(const std::vector<WirePlan>& plan, unsigned workers,
                                                      Driver driver);

  // One worker's ends of all wires.
  std::vector<Wire> wires(unsigned worker) const;
  // In order of their numbers, Frame::port.
  const std::vector<Place>& ports() const { return ports_; }
  FrameMemory memory() const { return environment_.memory(); }
  // Why this machine's own kernel is not kept off the wire; "" = it is.
  const std::string& barrier_trouble() const { return barrier_trouble_; }
  // Now and then: forgets who watched the ports and was killed.
  void forget_dead_watchers() { environment_.forget_dead_watchers(); }
  // A port has lost its link: who was behind it may be elsewhere by now. For any thread.
  void forget_stations(size_t port);

 private:
  explicit Wiring(Environment environment) : environment_(std::move(environment)) {}
  absl::Status open_port_of(size_t wire, const std::string& name, bool server, Driver driver,
                            unsigned workers);
  void make_barrier();
  void raise_barrier(const std::vector<std::string>& interfaces);
  absl::Status put_in_sight(unsigned workers);
  void log_what_was_opened() const;

  Environment environment_;  // outlives all else
  std::string barrier_trouble_;
  std::vector<Place> ports_;
  std::vector<std::unique_ptr<WatchPoint>>
      watch_points_;                                  // a port's; none where DPDK's tools see it, or nothing
  std::vector<std::unique_ptr<Junction>> junctions_;  // a wire's; none where there is one port on each side
  std::unique_ptr<Barrier> barrier_;  // falls before the ports close: who takes over need not wait for them
};

}  // namespace relaysieve
