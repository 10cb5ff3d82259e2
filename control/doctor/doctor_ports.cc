// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "doctor/doctor.h"

namespace relaysieve {
namespace {

// What is wrong with one port, noted as it is found.
class Examination {
 public:
  Examination(const PortFacts& port, const Facts& facts) : port_(port), facts_(facts) {}

  std::vector<Finding> run() {
    if (!port_.error.empty()) {
      add(Level::problem, port_.error,
          "ip link lists the interfaces; ip netns exec NAME looks into a network namespace");
      return std::move(findings_);
    }
    default_route();
    if (port_.kind == PortFacts::Kind::pci) pci();
    if (port_.kind == PortFacts::Kind::interface) interface();
    of_daemon();
    if (findings_.empty()) add(Level::ok, "nothing is wrong");
    return std::move(findings_);
  }

 private:
  void add(Level level, std::string found, std::string advice = "") {
    findings_.push_back({level, absl::StrCat("port ", port_.name), std::move(found), std::move(advice)});
  }
  bool open() const { return !port_.opened_with.empty(); }

  void default_route() {
    if (port_.default_route.empty()) return;
    add(Level::problem, absl::StrCat(port_.default_route, " carries the default route of this machine"),
        "take another: whoever takes this one cuts the way to the machine");
  }

  void interface() {
    link();
    addresses();
    master();
    merging();
    programme();
    mtu();
    driver();
    checksums();
  }

  void link() {
    if (port_.held) return add(Level::warning, "held down while the other side has no link (link_loss)");
    if (!port_.up)
      return add(open() ? Level::problem : Level::note,
                 open() ? "somebody has taken it down" : "it is down: the daemon brings it up",
                 open() ? absl::StrCat("ip link set dev ", port_.name, " up") : "");
    if (!port_.link) return add(Level::problem, "no link", "look at its cable, and at what is behind it");
    const bool packets = port_.opened_with == "af_packet" || port_.opened_with == "af_xdp";
    if (packets && port_.promiscuity == 0)
      add(Level::problem, "not promiscuous any more: frames for others are lost", "restart relaysieved");
  }

  void addresses() {
    std::vector<std::string> own;
    for (const std::string& address : port_.addresses)
      if (!absl::StartsWith(address, "fe80:")) own.push_back(address);
    if (!own.empty())
      add(Level::warning,
          absl::StrCat("it has an address, and the box answers for itself while no daemon runs: ",
                       absl::StrJoin(own, ", ")),
          absl::StrCat("ip address flush dev ", port_.name));
    else if (!port_.addresses.empty())
      add(Level::note,
          absl::StrCat(
              "it has an IPv6 link-local address, and the box speaks for itself while no daemon runs: ",
              absl::StrJoin(port_.addresses, ", ")),
          absl::StrCat("sysctl -w net.ipv6.conf.", port_.name, ".disable_ipv6=1"));
  }

  void master() {
    if (port_.master.empty()) return;
    if (has_fallback(port_, facts_) && (!facts_.daemon || facts_.daemon->barrier.empty()))
      return add(
          facts_.daemon ? Level::ok : Level::note,
          absl::StrCat("bridge ", port_.master, " stands behind it, a plain wire while no daemon runs"));
    add(Level::problem,
        absl::StrCat("it is part of ", port_.master_kind.empty() ? "" : absl::StrCat(port_.master_kind, " "),
                     port_.master, ", which handles its frames as well"),
        absl::StrCat("ip link set dev ", port_.name, " nomaster"));
  }

  void merging() {
    const std::string names = absl::StrJoin(port_.merging, ", ");
    if (!port_.fixed.empty())
      return add(Level::problem,
                 absl::StrCat("frames are merged, and it cannot be switched off: ",
                              absl::StrJoin(port_.fixed, ", ")),
                 "another driver or card; relaysieved does not open this one");
    if (port_.merging.empty()) return;
    if (open())
      add(Level::problem, absl::StrCat("frames are merged: ", names),
          absl::StrCat("ethtool -K ", port_.name, " gro off lro off"));
    else
      add(Level::note,
          absl::StrCat("frames are merged (", names, "); the daemon switches that off while it runs"));
  }

  void programme() {
    if (!port_.choice.has_programme || port_.opened_with == "af_xdp") return;
    add(Level::warning, "an XDP programme is on it, which may take frames before they are seen",
        absl::StrCat("ip link set dev ", port_.name, " xdp off"));
  }

  void mtu() {
    if (port_.choice.mtu > kLongestMtu)
      add(Level::problem,
          absl::StrCat("its MTU is ", port_.choice.mtu, ", and no more than ", kLongestMtu, " is carried"),
          absl::StrCat("ip link set dev ", port_.name, " mtu ", kLongestMtu));
  }

  void driver() {
    if (open()) return;  // its trouble is the daemon's to tell
    InterfaceFacts alone = port_.choice;
    alone.has_programme = false;  // that has been said
    const auto why_not = why_not_af_xdp(alone, facts_.workers);
    const std::string driver = alone.kernel_driver.empty() ? "its driver is not known"
                                                           : absl::StrCat("driver ", alone.kernel_driver);
    if (why_not)
      add(Level::note,
          absl::StrCat(driver, ": --driver auto takes packet sockets, which are slower: ", *why_not));
    else
      add(Level::ok, absl::StrCat(driver, ": --driver auto takes AF_XDP"));
  }

  void checksums() {
    constexpr std::array kVirtual = {"virtio_net", "vmxnet3", "vif", "xen-netfront", "hv_netvsc"};
    const bool virtual_nic = std::ranges::find(kVirtual, port_.choice.kernel_driver) != kVirtual.end();
    if (port_.unfinished > 0)
      add(Level::warning,
          absl::StrCat(port_.unfinished, " frames came with checksums that could not be finished"),
          "where they are sent: ethtool -K INTERFACE tx off");
    else if (virtual_nic)
      add(Level::note,
          absl::StrCat(
              port_.choice.kernel_driver,
              ": senders on the same host may leave checksums unfinished, or several frames in one piece"),
          "in those virtual machines: ethtool -K INTERFACE tx off tso off gso off");
    else if (checksums_are_left(port_.choice))
      add(Level::note,
          "senders on this machine may leave several frames in one piece (TSO), which are lost here",
          "at the other end: ethtool -K INTERFACE tso off gso off");
  }

  void pci() {
    // Of the kernel's own drivers DPDK works beside Mellanox' only; the others hand the whole card over.
    constexpr std::array kUsable = {"vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core"};
    if (port_.pci_driver == "vfio-pci" && !port_.isolated)
      add(Level::warning, "vfio-pci without an IOMMU", kIommu);
    else if (std::ranges::find(kUsable, port_.pci_driver) != kUsable.end())
      add(Level::ok, absl::StrCat("bound to ", port_.pci_driver));
    else
      add(Level::problem,
          port_.pci_driver.empty()
              ? "no driver is bound to it"
              : absl::StrCat("its driver is the kernel's ", port_.pci_driver, ", and DPDK cannot use it"),
          port_.isolated ? host_setup(absl::StrCat("bind ", port_.name)) : kIommu);
    if (!port_.companions.empty())
      add(Level::problem,
          absl::StrCat("the IOMMU cannot tell it from ", absl::StrJoin(port_.companions, ", ")),
          "another slot or card; or bind those as well, if nobody needs them");
    if (std::ranges::all_of(facts_.huge_pages, [](const HugePages& pages) { return pages.free == 0; }) &&
        !facts_.daemon)
      add(Level::problem, "a PCI port needs huge pages, and none are free", host_setup("hugepages"));
  }

  void of_daemon() {
    if (!port_.trouble.empty()) add(Level::problem, port_.trouble, "undo that, or restart relaysieved");
    if (port_.refused > 0)
      add(Level::warning, absl::StrCat(port_.refused, " frames were refused by it since the start"),
          "are they longer than its MTU? ip -s link show");
    if (port_.missed > 0)
      add(Level::warning, absl::StrCat(port_.missed, " frames were lost before they were seen"),
          "more workers, or idle = \"poll\"; on a veth: see TSO");
  }

  static constexpr const char* kIommu =
      "intel_iommu=on or amd_iommu=on on the kernel's command line, and in the firmware";
  static constexpr int kLongestMtu = 10'090;  // of what a frame's buffer holds

  const PortFacts& port_;
  const Facts& facts_;
  std::vector<Finding> findings_;
};

}  // namespace

bool has_fallback(const PortFacts& port, const Facts& facts) {
  const auto of_this_wire = [&](const std::string& name) {
    return std::ranges::any_of(
        facts.ports, [&](const auto& other) { return other.name == name && other.wire == port.wire; });
  };
  return port.master_kind == "bridge" && !port.beside.empty() &&
         std::ranges::all_of(port.beside, of_this_wire);
}

std::vector<Finding> examine_port(const PortFacts& port, const Facts& facts) {
  return Examination(port, facts).run();
}

}  // namespace relaysieve
