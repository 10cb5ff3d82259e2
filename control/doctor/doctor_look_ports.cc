// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/program.h"
#include "doctor/doctor_facts.h"
#include "ports/interface.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const fs::path kInterfaces = "/sys/class/net";
constexpr std::string_view kUpper = "upper_";

PortFacts::Kind port_kind_of(const std::string& name) {
  unsigned domain = 0, bus = 0, device = 0, function = 0;
  if (name.starts_with("vdev:")) return PortFacts::Kind::other;
  const bool pci = std::sscanf(name.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) == 4 ||
                   std::sscanf(name.c_str(), "%x:%x.%x", &bus, &device, &function) == 3;
  return pci ? PortFacts::Kind::pci : PortFacts::Kind::interface;
}

// An interface, and all that stands on it: VLANs, bridges, bonds.
std::vector<std::string> above(const std::string& interface) {
  std::vector<std::string> all = {interface};
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kInterfaces / interface, none))
    if (const std::string name = entry.path().filename(); name.starts_with(kUpper))
      std::ranges::move(above(name.substr(kUpper.size())), std::back_inserter(all));
  return all;
}

// The interfaces that default routes lead over.
std::set<std::string> ways_out() {
  std::set<std::string> ways;
  for (const char* family : {"-4", "-6"}) {
    const auto said = output_of({"ip", "-oneline", family, "route", "show", "table", "all", "default"});
    if (!said.ok()) continue;
    const std::vector<std::string> words = absl::StrSplit(*said, absl::ByAnyChar(" \n"), absl::SkipEmpty());
    for (size_t i = 1; i < words.size(); ++i)
      if (words[i - 1] == "dev") ways.insert(words[i]);
  }
  return ways;
}

std::string way_out_over(const std::string& interface, const std::set<std::string>& ways) {
  const std::vector<std::string> candidates = above(interface);
  const auto found = std::ranges::find_if(candidates, [&](const auto& name) { return ways.contains(name); });
  return found == candidates.end() ? "" : *found;
}

std::vector<std::string> interfaces_of(const fs::path& card) {
  std::vector<std::string> names;
  std::error_code none;
  const std::string whole = fs::canonical(card, none).string() + "/";
  for (const auto& entry : fs::directory_iterator(kInterfaces, none))
    if ((fs::canonical(entry.path() / "device", none) / "").string().starts_with(whole))
      names.push_back(entry.path().filename());
  return names;
}

std::string driver_of(const fs::path& card) {
  std::error_code none;
  return fs::read_symlink(card / "driver", none).filename().string();
}

bool is_bridge(const fs::path& card) {
  std::string number;
  std::ifstream(card / "class") >> number;
  return number.starts_with("0x06");
}

void look_at_group(const fs::path& card, PortFacts& port) {
  std::error_code none;
  std::string kind;
  std::ifstream(card / "iommu_group/name") >> kind;
  port.isolated = fs::exists(card / "iommu_group", none) && kind != "vfio-noiommu";
  for (const auto& entry : fs::directory_iterator(card / "iommu_group/devices", none)) {
    const std::string name = entry.path().filename();
    if (name != card.filename() && !is_bridge(entry.path()) && driver_of(entry.path()) != "vfio-pci")
      port.companions.push_back(name);
  }
}

void look_at_pci(const std::set<std::string>& ways, PortFacts& port) {
  const bool whole = std::ranges::count(port.name, ':') == 2;  // with the domain
  const fs::path device = absl::StrCat("/sys/bus/pci/devices/", whole ? "" : "0000:", port.name);
  std::error_code none;
  if (!fs::exists(device, none)) {
    port.error = "no such PCI device";
    return;
  }
  port.pci_driver = driver_of(device);
  for (const std::string& interface : interfaces_of(device))
    if (port.default_route.empty()) port.default_route = way_out_over(interface, ways);
  look_at_group(device, port);
}

// What rtnetlink has of it, in the words of iproute2.
void read_link(const Json& link, PortFacts& port) {
  port.promiscuity = link.value("promiscuity", 0U);
  port.master = link.value("master", "");
  if (link.contains("linkinfo")) port.master_kind = link["linkinfo"].value("info_slave_kind", "");
  for (const Json& address : link.value("addr_info", Json::array()))
    port.addresses.push_back(absl::StrCat(address.value("local", ""), "/", address.value("prefixlen", 0)));
}

void look_at_interface(const Json& links, const std::set<std::string>& ways, PortFacts& port) {
  const auto interface = Interface::open(port.name);
  if (!interface.ok()) {
    port.error = std::string(interface.status().message());
    return;
  }
  port.choice = facts_of(**interface);
  port.default_route = way_out_over(port.name, ways);
  port.up = (*interface)->is_up();
  port.link = port.up && (*interface)->carrier();
  port.merging = (*interface)->merging();
  port.fixed = (*interface)->keeps_merging();
  for (const Json& link : links)
    if (link.value("ifindex", 0) == (*interface)->index()) read_link(link, port);
  for (const Json& link : links)
    if (!port.master.empty() && link.value("master", "") == port.master &&
        link.value("ifindex", 0) != (*interface)->index())
      port.beside.push_back(link.value("ifname", ""));
}

}  // namespace

void look_at_ports(Facts& facts) {
  const auto said = output_of({"ip", "-json", "-details", "address", "show"});
  const Json links = said.ok() ? Json::parse(*said, nullptr, /*allow_exceptions=*/false) : Json::array();
  const std::set<std::string> ways = ways_out();
  for (PortFacts& port : facts.ports) {
    port.kind = port_kind_of(port.name);
    if (port.kind == PortFacts::Kind::pci) look_at_pci(ways, port);
    if (port.kind == PortFacts::Kind::interface) look_at_interface(links, ways, port);
  }
}

}  // namespace relaysieve
