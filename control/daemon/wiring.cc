// SPDX-License-Identifier: Apache-2.0
#include "daemon/wiring.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ports/default_route.h"
#include "ports/interface.h"

namespace relaysieve {
namespace {

// What is wrong with a port is wrong in the words that name it, but for memory that cannot be had.
absl::Status about(const std::string& port, const absl::Status& error) {
  const bool words = !absl::IsResourceExhausted(error);
  return {words ? absl::StatusCode::kInvalidArgument : error.code(),
          absl::StrCat("port ", port, ": ", error.message())};
}

// A bridge over the ports that nothing holds shut would carry every frame a second time, past the filter.
absl::Status without_barrier(const std::vector<std::string>& interfaces, const std::string& trouble) {
  for (const std::string& name : interfaces) {
    std::error_code alone;
    const auto master = std::filesystem::read_symlink("/sys/class/net/" + name + "/master", alone);
    if (!alone)
      return about(name, absl::FailedPreconditionError(absl::StrCat(
                             "part of ", master.filename().string(),
                             ", which would carry every frame a second time: no nftables (", trouble, ")")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::open(const std::vector<WirePlan>& plan, unsigned workers,
                                                     Driver driver) {
  std::vector<std::string> names;
  for (const WirePlan& wire : plan) {
    names.insert(names.end(), wire.routers.begin(), wire.routers.end());
    names.push_back(wire.server);
  }
  absl::StatusOr<Environment> environment = Environment::start(names, workers);
  if (!environment.ok()) return environment.status();

  auto wiring = std::unique_ptr<Wiring>(new Wiring(*std::move(environment)));
  std::erase_if(names, [](const std::string& name) { return kind_of(name) != PortKind::interface; });
  for (const std::string& name : names)  // a typing mistake would cut off whoever made it
    if (carries_default_route(name))
      return about(name, absl::FailedPreconditionError("carries the default route of this machine"));
  if (!names.empty()) wiring->make_barrier();
  Interface::restore_merging();
  for (size_t i = 0; i < plan.size(); ++i) {
    for (const std::string& name : plan[i].routers)
      if (absl::Status status = wiring->open_port_of(i, name, false, driver, workers); !status.ok())
        return status;
    if (absl::Status status = wiring->open_port_of(i, plan[i].server, true, driver, workers); !status.ok())
      return status;
    wiring->junctions_.push_back(plan[i].routers.size() > 1 ? std::make_unique<Junction>() : nullptr);
  }

  // Nothing on the box has been changed so far. The kernel is shut out before an interface is brought up.
  if (wiring->barrier_ != nullptr) wiring->raise_barrier(names);
  if (wiring->barrier_ == nullptr)
    if (absl::Status status = without_barrier(names, wiring->barrier_trouble_); !status.ok()) return status;
  const uint32_t mark = wiring->barrier_ ? Barrier::kMark : 0;
  for (const Place& place : wiring->ports_)
    if (absl::Status status = place.port->start({.mark = mark, .queues = workers}); !status.ok())
      return about(place.port->name(), status);
  if (absl::Status status = wiring->put_in_sight(workers); !status.ok()) return status;
  wiring->log_what_was_opened();
  return wiring;
}

void Wiring::make_barrier() {
  absl::StatusOr<std::unique_ptr<Barrier>> barrier = Barrier::make();
  if (barrier.ok())
    barrier_ = *std::move(barrier);
  else
    barrier_trouble_ = std::string(barrier.status().message());
}

void Wiring::raise_barrier(const std::vector<std::string>& interfaces) {
  const absl::Status status = barrier_->raise(interfaces);
  if (status.ok()) return;
  barrier_trouble_ = std::string(status.message());
  barrier_.reset();
}

absl::Status Wiring::open_port_of(size_t wire, const std::string& name, bool server, Driver driver,
                                  unsigned workers) {
  absl::StatusOr<std::unique_ptr<Port>> port = open_port(name, environment_.pool(name), driver, workers);
  if (!port.ok()) return about(name, port.status());
  ports_.push_back({*std::move(port), server, wire});
  return absl::OkStatus();
}

// Of DPDK's own tools, if they can attach.
absl::Status Wiring::put_in_sight(unsigned workers) {
  watch_points_.resize(ports_.size());
  if (environment_.memory() != FrameMemory::shared_huge_pages) return absl::OkStatus();
  for (size_t i = 0; i < ports_.size(); ++i) {
    Port& port = *ports_[i].port;
    if (kind_of(port.name()) != PortKind::interface) continue;
    auto point = WatchPoint::make(port, workers, environment_.pool(port.name()));
    if (!point.ok()) return about(port.name(), point.status());
    watch_points_[i] = *std::move(point);
  }
  return absl::OkStatus();
}

void Wiring::log_what_was_opened() const {
  for (const Place& place : ports_) {
    const std::string changes = absl::StrJoin(place.port->changes(), ", ");
    spdlog::info("port {}: {}{}{}", place.port->name(), place.port->driver(), changes.empty() ? "" : ", ",
                 changes);
  }
  const bool huge_pages = environment_.memory() != FrameMemory::ordinary;
  spdlog::log(huge_pages ? spdlog::level::info : spdlog::level::warn, environment_.report());
  if (!barrier_trouble_.empty())
    spdlog::warn(
        "no nftables ({}): this machine's own frames can get onto the wire, and it may answer others'",
        barrier_trouble_);
}

void Wiring::forget_stations(size_t port) {
  Junction* junction = junctions_[ports_[port].wire].get();
  if (junction != nullptr) junction->stations.forget(static_cast<uint8_t>(port));
}

std::vector<Wire> Wiring::wires(unsigned worker) const {
  std::vector<Wire> wires(junctions_.size());
  for (size_t i = 0; i < ports_.size(); ++i) {
    Queue& queue = watch_points_[i] ? watch_points_[i]->queue(worker) : ports_[i].port->queue(worker);
    const Cable cable{&queue, static_cast<uint8_t>(i)};
    Wire& wire = wires[ports_[i].wire];
    wire.junction = junctions_[ports_[i].wire].get();
    if (ports_[i].server) {
      wire.server = cable;
    } else {
      wire.routers.push_back(cable);
    }
  }
  return wires;
}

}  // namespace relaysieve
