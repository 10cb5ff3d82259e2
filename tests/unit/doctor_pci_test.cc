// SPDX-License-Identifier: Apache-2.0
#include "doctor_box.h"

namespace relaysieve {
namespace {

// A box whose only port is a card that DPDK has.
Facts pci_box() {
  Facts facts = box();
  PortFacts card;
  card.name = "0000:01:00.0";
  card.kind = PortFacts::Kind::pci;
  card.pci_driver = "vfio-pci";
  card.isolated = true;
  facts.ports = {card};
  return facts;
}

const std::vector<Case> kPciCases = {
    {"no IOMMU", pci_box, [](Facts& f) { f.ports[0].isolated = false; }, Level::warning, "port 0000:01:00.0",
     "vfio-pci without an IOMMU", "intel_iommu=on"},
    {"no driver", pci_box, [](Facts& f) { f.ports[0].pci_driver = ""; }, Level::problem, "port 0000:01:00.0",
     "no driver is bound to it", "host-setup --apply bind 0000:01:00.0"},
    {"the kernel's driver", pci_box, [](Facts& f) { f.ports[0].pci_driver = "ixgbe"; }, Level::problem,
     "port 0000:01:00.0", "the kernel's ixgbe", "host-setup --apply bind 0000:01:00.0"},
    {"the kernel's driver, and no IOMMU", pci_box,
     [](Facts& f) {
       f.ports[0].pci_driver = "ixgbe";
       f.ports[0].isolated = false;
     },
     Level::problem, "port 0000:01:00.0", "the kernel's ixgbe", "intel_iommu=on"},
    {"default route", pci_box, [](Facts& f) { f.ports[0].default_route = "eth0.5"; }, Level::problem,
     "port 0000:01:00.0", "eth0.5 carries the default route", "take another"},
    {"companions", pci_box, [](Facts& f) { f.ports[0].companions = {"0000:01:00.1"}; }, Level::problem,
     "port 0000:01:00.0", "cannot tell it from 0000:01:00.1", "another slot"},
    {"no huge pages", pci_box, [](Facts& f) { f.huge_pages[0].free = 0; }, Level::problem,
     "port 0000:01:00.0", "needs huge pages", "host-setup --apply hugepages"},
};

TEST(Doctor, EachTroubleOfACardIsFoundAndOnlyThen) {
  EXPECT_EQ(worst(pci_box()), Level::note);
  Facts mellanox = pci_box();
  mellanox.ports[0].pci_driver = "mlx5_core";
  EXPECT_EQ(worst(mellanox), Level::note);
  find_each(kPciCases);
}

}  // namespace
}  // namespace relaysieve
