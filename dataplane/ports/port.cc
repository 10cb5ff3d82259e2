// SPDX-License-Identifier: Apache-2.0
#include "ports/port.h"

#include <rte_pci.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"

namespace relaysieve {

PortKind kind_of(const std::string& port) {
  rte_pci_addr address;
  if (port.starts_with(kVdev)) return PortKind::vdev;
  return rte_pci_addr_parse(port.c_str(), &address) == 0 ? PortKind::pci : PortKind::interface;
}

absl::StatusOr<std::unique_ptr<Port>> open_port(const std::string& name, rte_mempool* pool, Driver driver,
                                                unsigned queues) {
  if (kind_of(name) != PortKind::interface) return open_ethdev_port(name, pool);
  if (driver == Driver::af_packet) return open_packet_port(name, pool);
  absl::StatusOr<std::unique_ptr<Port>> port = open_xdp_port(name, queues, pool);
  if (port.ok()) return port;
  if (driver == Driver::af_xdp)
    return absl::Status(port.status().code(), absl::StrCat("not with AF_XDP: ", port.status().message()));
  const std::string reason(port.status().message());
  port = open_packet_port(name, pool);
  if (port.ok()) spdlog::info("port {}: not af_xdp: {}", name, reason);
  return port;
}

}  // namespace relaysieve
