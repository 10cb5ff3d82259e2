// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"

#include <net/if.h>
#include <rte_lcore.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ports/environment.h"
#include "ports/worker.h"

namespace relaysieve {
namespace {

bool same_port(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const unsigned index = if_nametoindex(a.c_str());  // an interface can have several names
  return index != 0 && index == if_nametoindex(b.c_str());
}

absl::Status about(const std::string& port, const absl::Status& error) {
  return absl::InvalidArgumentError(absl::StrCat("port ", port, ": ", error.message()));
}

nlohmann::ordered_json port_json(Port& port, const char* side, const PortCounters& counters) {
  return {{"name", port.name()},
          {"side", side},
          {"driver", port.driver()},
          {"link", port.link()},
          {"rx_frames", counters.rx_frames.get()},
          {"rx_bytes", counters.rx_bytes.get()},
          {"tx_frames", counters.tx_frames.get()},
          {"tx_bytes", counters.tx_bytes.get()},
          {"refused", counters.refused.get()},
          {"missed", port.missed()},
          {"unfinished_checksums", port.unfinished()}};
}

}  // namespace

Daemon::Daemon(const Settings& settings)
    : settings_(settings),
      filter_(std::make_shared<const Policy>(settings.policy),
              {.clients = settings.clients, .seed = 0, .resident = true}) {}

Daemon::~Daemon() { stop(); }

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::open(const std::string& routers, const std::string& server,
                                                     const Settings& settings) {
  if (same_port(routers, server))
    return absl::InvalidArgumentError(absl::StrCat("port ", server, ": is given for both sides"));
  std::vector<std::string> pci;
  for (const std::string& name : {routers, server})
    if (kind_of(name) == PortKind::pci) pci.push_back(name);
  const absl::StatusOr<Environment> environment = start_environment(pci);
  if (!environment.ok()) return environment.status();

  std::unique_ptr<Daemon> daemon;
  try {
    daemon.reset(new Daemon(settings));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("clients: no memory for ", settings.clients));
  }
  absl::StatusOr<std::unique_ptr<Port>> port;
  if (port = open_port(routers, environment->pool); !port.ok()) return about(routers, port.status());
  daemon->routers_ = *std::move(port);
  if (port = open_port(server, environment->pool); !port.ok()) return about(server, port.status());
  daemon->server_ = *std::move(port);

  // Nothing on the box has been changed so far. The kernel is shut out before an interface is brought up.
  const absl::Status kernel_kept_out = daemon->raise_barrier();
  const uint32_t mark = daemon->barrier_ ? Barrier::kMark : 0;
  for (Port* opened : {daemon->routers_.get(), daemon->server_.get()})
    if (absl::Status status = opened->start(mark); !status.ok()) return about(opened->name(), status);
  daemon->log_what_was_opened(environment->huge_pages, kernel_kept_out);
  return daemon;
}

absl::Status Daemon::raise_barrier() {
  std::vector<std::string> interfaces;
  for (const Port* port : {routers_.get(), server_.get()})
    if (kind_of(port->name()) == PortKind::interface) interfaces.push_back(port->name());
  if (interfaces.empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Barrier>> barrier = Barrier::raise(interfaces);
  if (!barrier.ok()) return barrier.status();
  barrier_ = *std::move(barrier);
  return absl::OkStatus();
}

void Daemon::log_what_was_opened(bool huge_pages, const absl::Status& kernel_kept_out) const {
  for (const Port* port : {routers_.get(), server_.get()}) {
    const std::string changes = absl::StrJoin(port->changes(), ", ");
    spdlog::info("port {}: {}{}{}", port->name(), port->driver(), changes.empty() ? "" : ", ", changes);
  }
  if (!huge_pages) spdlog::warn("no 64 MiB of free huge pages: slower, and a NIC cannot be a DPDK port");
  if (!kernel_kept_out.ok())
    spdlog::warn(
        "no nftables ({}): this machine's own frames can get onto the wire, and it may answer others'",
        std::string(kernel_kept_out.message()));
}

void Daemon::start() {
  started_ = std::chrono::steady_clock::now();
  thread_ = std::thread([this] {
    rte_thread_register();  // gives the thread its own cache of frames
    Worker(*routers_, *server_, filter_, counters_).run(stop_);
    rte_thread_unregister();
  });
}

void Daemon::stop() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

absl::Status Daemon::check() {
  for (const Port* port : {routers_.get(), server_.get()}) {
    if (!port->exists())
      return absl::UnavailableError(absl::StrCat("port ", port->name(), ": has gone away"));
    if (port->unfinished() == 0 || !warned_of_.insert(port).second) continue;
    spdlog::warn(
        "port {}: frames come in with unfinished checksums; switch tx offload off where they are sent",
        port->name());
  }
  return absl::OkStatus();
}

nlohmann::ordered_json Daemon::status() const {
  nlohmann::ordered_json reasons;
  for (size_t i = 0; i < kReasonCount; ++i)
    reasons[std::string(kReasons[i].name)] = counters_.reasons[i].get();
  const std::chrono::duration<double> uptime = std::chrono::steady_clock::now() - started_;
  return {
      {"version", RELAYSIEVE_VERSION},
      {"mode", setting("mode").print(settings_)},
      {"uptime_seconds", uptime.count()},
      {"ports",
       {port_json(*routers_, "routers", counters_.routers), port_json(*server_, "server", counters_.server)}},
      {"reasons", reasons},
      {"totals",
       {{"received", counters_.received()},
        {"forwarded", counters_.transmitted()},
        {"dropped", counters_.dropped()},
        {"refused", counters_.refused()}}}};
}

}  // namespace relaysieve
