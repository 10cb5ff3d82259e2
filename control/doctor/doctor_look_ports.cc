// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "client/program.h"
#include "doctor/doctor_facts.h"
#include "ports/interface.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

PortFacts::Kind port_kind_of(const std::string& name) {
  unsigned domain = 0, bus = 0, device = 0, function = 0;
  if (name.starts_with("vdev:")) return PortFacts::Kind::other;
  const bool pci = std::sscanf(name.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) == 4 ||
                   std::sscanf(name.c_str(), "%x:%x.%x", &bus, &device, &function) == 3;
  return pci ? PortFacts::Kind::pci : PortFacts::Kind::interface;
}

void look_at_pci(PortFacts& port) {
  const bool whole = std::ranges::count(port.name, ':') == 2;  // with the domain
  const fs::path device = absl::StrCat("/sys/bus/pci/devices/", whole ? "" : "0000:", port.name);
  std::error_code none;
  if (!fs::exists(device, none)) {
    port.error = "no such PCI device";
    return;
  }
  port.pci_driver = fs::read_symlink(device / "driver", none).filename().string();
}

// What rtnetlink has of it, in the words of iproute2.
void read_link(const Json& link, PortFacts& port) {
  port.promiscuity = link.value("promiscuity", 0U);
  port.master = link.value("master", "");
  if (link.contains("linkinfo")) port.master_kind = link["linkinfo"].value("info_slave_kind", "");
  for (const Json& address : link.value("addr_info", Json::array()))
    port.addresses.push_back(absl::StrCat(address.value("local", ""), "/", address.value("prefixlen", 0)));
}

void look_at_interface(const Json& links, PortFacts& port) {
  const auto interface = Interface::open(port.name);
  if (!interface.ok()) {
    port.error = std::string(interface.status().message());
    return;
  }
  port.choice = facts_of(**interface);
  port.up = (*interface)->is_up();
  port.link = port.up && (*interface)->carrier();
  port.merging = (*interface)->merging();
  port.fixed = (*interface)->keeps_merging();
  for (const Json& link : links)
    if (link.value("ifindex", 0) == (*interface)->index()) read_link(link, port);
}

}  // namespace

void look_at_ports(Facts& facts) {
  const auto said = output_of({"ip", "-json", "-details", "address", "show"});
  const Json links = said.ok() ? Json::parse(*said, nullptr, /*allow_exceptions=*/false) : Json::array();
  for (PortFacts& port : facts.ports) {
    port.kind = port_kind_of(port.name);
    if (port.kind == PortFacts::Kind::pci) look_at_pci(port);
    if (port.kind == PortFacts::Kind::interface) look_at_interface(links, port);
  }
}

}  // namespace relaysieve
