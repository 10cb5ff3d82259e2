// SPDX-License-Identifier: Apache-2.0
#include "daemon/link_watch.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using Side = LinkCarry::Side;

constexpr Duration kLookPeriod = 1s;  // between looks; no interface is switched to and fro more often
constexpr Duration kSilence = 1min;   // between two lines on the same trouble

bool has_link(const Interface& interface) { return interface.is_up() && interface.carrier(); }

// Which sides have link: those of which any port has.
template <typename Ports>
std::array<bool, 2> sides_with_link(const Ports& ports) {
  std::array<bool, 2> sides{};
  for (const auto& port : ports) sides[static_cast<size_t>(port.side)] |= port.link;
  return sides;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LinkWatch>> LinkWatch::open(Wiring& wiring, const Settings& settings,
                                                           EventLog& events, Time now) {
  std::unique_ptr<LinkWatch> watch(new LinkWatch(wiring, events, now));
  std::set<int> indexes;
  for (const WatchedWire& wire : watch->wires_)
    for (const Watched& port : wire.ports) indexes.insert(port.interface->index());
  absl::StatusOr<std::unique_ptr<LinkMonitor>> monitor = LinkMonitor::open(std::move(indexes));
  if (!monitor.ok()) return monitor.status();
  watch->monitor_ = *std::move(monitor);
  // Now that changes are heard, nothing is missed between this look and the next.
  for (WatchedWire& wire : watch->wires_) {
    for (Watched& port : wire.ports) {
      port.link = has_link(*port.interface);
      if (!port.link) spdlog::info("port {}: no link yet", port.port->name());
    }
    look_at_mtus(wire);
  }
  watch->prepare_to_carry(settings);
  return watch;
}

LinkWatch::LinkWatch(Wiring& wiring, EventLog& events, Time now)
    : wiring_(wiring), events_(events), looked_(now), insisted_(now) {
  for (size_t i = 0; i < wiring.ports().size(); ++i) {
    const Wiring::Place& place = wiring.ports()[i];
    wires_.resize(std::max(wires_.size(), place.wire + 1));
    if (Interface* interface = place.port->interface())
      wires_[place.wire].ports.push_back(
          {i, place.port.get(), interface, place.server ? Side::server : Side::routers});
  }
}

// A wire takes part if all its ports are interfaces: no other can be held down.
void LinkWatch::prepare_to_carry(const Settings& settings) {
  if (settings.link_loss == LinkLoss::ignore) return;
  for (WatchedWire& wire : wires_) wire.carry.emplace(sides_with_link(wire.ports));
  for (const Wiring::Place& place : wiring_.ports()) {
    if (place.port->interface() != nullptr) continue;
    wires_[place.wire].carry.reset();
    if (settings.from.contains("link_loss"))
      spdlog::warn("link_loss: port {} is no network interface: its wire carries no loss over",
                   place.port->name());
  }
}

void LinkWatch::look(Time now) {
  const bool due = now - insisted_ >= kLookPeriod;
  if (!monitor_->changed() && !due) return;
  for (WatchedWire& wire : wires_) {
    look_at_links(wire);
    look_at_mtus(wire);
    for (Watched& port : wire.ports) keep_merging_off(port, now);
    carry_over(wire, now - looked_, due);
  }
  looked_ = now;
  if (due) insisted_ = now;
}

void LinkWatch::look_at_links(WatchedWire& wire) {
  for (Watched& port : wire.ports) {
    const bool link = has_link(*port.interface);
    if (link == port.link) continue;
    port.link = link;
    if (!link) wiring_.forget_stations(port.number);
    if (wire.held(port)) continue;  // our own doing
    const bool taken_down = !port.interface->is_up();
    const std::string& name = port.port->name();
    events_.tell(link ? EventKind::link_back : EventKind::link_lost, name,
                 absl::StrCat("port ", name, ": link ", link ? "up" : "down",
                              taken_down ? ", as somebody took the interface down" : ""));
  }
}

void LinkWatch::look_at_mtus(WatchedWire& wire) {
  bool changed = false;
  for (Watched& port : wire.ports) {
    const int mtu = port.interface->mtu();
    if (mtu == port.mtu || mtu == 0) continue;
    port.mtu = mtu;
    changed = true;
  }
  const auto differ = [](const Watched& a, const Watched& b) { return a.mtu != b.mtu; };
  if (!changed || std::ranges::adjacent_find(wire.ports, differ) == wire.ports.end()) return;
  const auto print = [](std::string* out, const Watched& port) {
    absl::StrAppend(out, port.port->name(), " ", port.mtu);
  };
  spdlog::warn("the MTUs of a wire differ, and frames too long for one of its ports are refused there: {}",
               absl::StrJoin(wire.ports, ", ", print));
}

void LinkWatch::keep_merging_off(Watched& port, Time now) {
  if (port.switched_off && now - *port.switched_off < kLookPeriod) return;
  const absl::StatusOr<std::vector<std::string>> names = port.interface->stop_merging_again();
  if (names.ok() && names->empty()) return;
  port.switched_off = now;
  if (port.said && now - *port.said < kSilence) return;
  port.said = now;
  if (names.ok()) {
    spdlog::warn("port {}: somebody switched {} on, which makes one frame of several: off again",
                 port.port->name(), absl::StrJoin(*names, ", "));
  } else {
    spdlog::error("port {}: frames are merged: {}", port.port->name(), std::string(names.status().message()));
  }
}

// `insist`: an interface that somebody has brought up meanwhile is taken down again.
void LinkWatch::carry_over(WatchedWire& wire, Duration elapsed, bool insist) {
  if (!wire.carry) return;
  const std::optional<Side> before = wire.carry->held();
  wire.carry->step(elapsed, sides_with_link(wire.ports));
  const std::optional<Side> held = wire.carry->held();
  for (const Watched& port : wire.ports) {
    const std::string& name = port.port->name();
    absl::Status status;
    if (held == port.side && (held != before || (insist && port.interface->is_up()))) {
      const char* whose = port.side == Side::server ? "routers have" : "server has";
      events_.tell(EventKind::port_held, name,
                   absl::StrCat("port ", name, ": held down while the ", whose, " no link"));
      status = port.interface->hold_down();
    } else if (before == port.side && held != before) {
      events_.tell(EventKind::port_released, name, absl::StrCat("port ", name, ": up again"));
      status = port.interface->release();
    }
    if (!status.ok()) spdlog::error("port {}: {}", name, std::string(status.message()));
  }
}

}  // namespace relaysieve
