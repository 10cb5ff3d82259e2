// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "ports/worker.h"

namespace relaysieve {
namespace {

nlohmann::ordered_json port_json(const Wiring::Place& place, const Totals::Port& counted) {
  Port& port = *place.port;
  return {{"name", port.name()},          {"side", place.server ? "server" : "routers"},
          {"wire", place.wire + 1},       {"driver", port.driver()},
          {"link", port.link()},          {"rx_frames", counted.rx_frames},
          {"rx_bytes", counted.rx_bytes}, {"tx_frames", counted.tx_frames},
          {"tx_bytes", counted.tx_bytes}, {"refused", counted.refused},
          {"missed", port.missed()},      {"unfinished_checksums", port.unfinished()}};
}

}  // namespace

Daemon::Daemon(const Settings& settings)
    : settings_(settings),
      filter_(std::make_shared<const Policy>(settings.policy),
              {.clients = settings.clients, .seed = 0, .resident = true}),
      feed_(std::make_shared<const Policy>(settings.policy)) {}

Daemon::~Daemon() { stop(); }

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::open(const std::vector<WirePlan>& plan,
                                                     const Settings& settings) {
  std::unique_ptr<Daemon> daemon;
  try {
    daemon.reset(new Daemon(settings));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("clients: no memory for ", settings.clients));
  }
  absl::StatusOr<std::unique_ptr<Wiring>> wiring = Wiring::open(plan, settings.workers);
  if (!wiring.ok()) return wiring.status();
  daemon->wiring_ = *std::move(wiring);
  for (unsigned i = 0; i < settings.workers; ++i)
    daemon->counters_.push_back(std::make_unique<Counters>(daemon->wiring_->ports().size()));
  return daemon;
}

void Daemon::start() {
  started_ = std::chrono::steady_clock::now();
  const auto workers = static_cast<unsigned>(counters_.size());
  for (unsigned i = 0; i < workers; ++i) {
    threads_.emplace_back([this, i, workers] {
      pthread_setname_np(pthread_self(), absl::StrCat("worker ", i).c_str());
      rte_thread_register();  // gives the thread its own cache of frames
      Worker({.index = i, .workers = workers}, wiring_->wires(i), filter_.share(), feed_, *counters_[i])
          .run(stop_);
      rte_thread_unregister();
    });
  }
}

void Daemon::stop() {
  stop_.store(true, std::memory_order_relaxed);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

absl::Status Daemon::check() {
  for (const Wiring::Place& place : wiring_->ports()) {
    const Port& port = *place.port;
    if (!port.exists()) return absl::UnavailableError(absl::StrCat("port ", port.name(), ": has gone away"));
    if (port.unfinished() == 0 || !warned_of_.insert(&port).second) continue;
    spdlog::warn(
        "port {}: frames come in with unfinished checksums; switch tx offload off where they are sent",
        port.name());
  }
  return absl::OkStatus();
}

Totals Daemon::totals() const {
  Totals totals;
  for (const auto& worker : counters_) totals.add(*worker);
  return totals;
}

nlohmann::ordered_json Daemon::status() const {
  const Totals totals = this->totals();
  nlohmann::ordered_json reasons;
  for (size_t i = 0; i < kReasonCount; ++i) reasons[std::string(kReasons[i].name)] = totals.reasons[i];
  nlohmann::ordered_json ports = nlohmann::ordered_json::array();
  for (size_t i = 0; i < totals.ports.size(); ++i)
    ports.push_back(port_json(wiring_->ports()[i], totals.ports[i]));
  const std::chrono::duration<double> uptime = std::chrono::steady_clock::now() - started_;
  return {{"version", RELAYSIEVE_VERSION},
          {"mode", setting("mode").print(settings_)},
          {"uptime_seconds", uptime.count()},
          {"workers", counters_.size()},
          {"ports", ports},
          {"reasons", reasons},
          {"totals",
           {{"received", totals.received},
            {"forwarded", totals.forwarded},
            {"dropped", totals.dropped},
            {"refused", totals.refused}}}};
}

}  // namespace relaysieve
