// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ports/driver_choice.h"
#include "ports/huge_pages.h"
#include "status/level.h"
#include "status/style.h"

namespace relaysieve {

// What can be found wrong with a box, from facts that are gathered elsewhere (doctor_facts.h).

// Of one port.
struct PortFacts {
  enum class Kind : uint8_t { interface, pci, other };

  std::string name{};
  size_t wire = 1;
  Kind kind = Kind::interface;
  std::string error{};  // why nothing can be seen of it; the rest says nothing then

  // A network interface:
  InterfaceFacts choice{};
  bool up = false, link = false;
  unsigned promiscuity = 0;              // how many have asked for all frames
  std::vector<std::string> addresses{};  // IPv4 and IPv6, "10.0.0.1/24"
  std::string master{}, master_kind{};   // the bridge or bond that it is in
  std::vector<std::string> beside{};     // the other interfaces that are in there
  std::vector<std::string> merging{};    // features that make one frame of several, and are on
  std::vector<std::string> fixed{};      // those of them that cannot be switched off
  std::string
      default_route{};  // itself, or what stands on it, if this machine is reached that way; a card's too

  // A PCI device:
  std::string pci_driver{};  // bound to it; "" = none
  bool isolated = false;     // an IOMMU keeps it to its own memory
  std::vector<std::string>
      companions{};  // others that the IOMMU cannot tell from it, and that vfio-pci does not have

  // As the running daemon has it:
  bool held = false;
  std::string opened_with{};  // "af_xdp"; "" = it has not
  std::string trouble{};      // Port::trouble
  uint64_t unfinished = 0, missed = 0, refused = 0;
};

struct Facts {
  struct Daemon {
    std::string version{};
    std::string memory{};     // ordinary, huge_pages, shared_huge_pages
    std::string barrier{};    // why the box's own kernel is not kept off the wire; "" = it is
    unsigned long files = 0;  // it may open
  };

  std::string version{};  // of this program
  std::optional<Daemon> daemon{};
  std::string daemon_error{};  // why there is none

  unsigned kernel_major = 0, kernel_minor = 0;
  unsigned cores = 0;
  std::string isolated{};  // cores that the kernel schedules nobody on, "2-3"
  unsigned workers = 1;
  std::vector<HugePages> huge_pages{};
  std::string clock{};                 // clocksource; "" = unknown
  std::optional<bool> synchronised{};  // the wall clock
  // Why they do not work, "" = they do; nothing = not seen, for want of rights.
  std::optional<std::string> nftables{};
  std::vector<std::string> bridge_calls{};  // sysctls by which the firewall reads what bridges pass on
  bool root = false;
  std::vector<std::string> lacking{};  // capabilities that a daemon started by this user would lack

  std::vector<PortFacts> ports{};
};

struct Finding {
  Level level = Level::ok;
  std::string subject{};  // "port eth1", "huge pages"
  std::string found{};
  std::string advice{};  // what to do; "" = nothing
};

// Every check, the worst first.
std::vector<Finding> examine(const Facts& facts);

// Its three parts, and the remedy of much in them: the script that sets a machine up for cards that DPDK drives.
std::string host_setup(const std::string& words);
std::vector<Finding> examine_machine(const Facts& facts);
std::vector<Finding> examine_port(const PortFacts& port, const Facts& facts);
std::vector<Finding> examine_wires(const Facts& facts);

// A bridge over the ports of one wire and nothing else, as deploy/fallback-bridge makes it.
bool has_fallback(const PortFacts& port, const Facts& facts);

nlohmann::ordered_json to_json(const std::vector<Finding>& findings);
std::string render_findings(const nlohmann::ordered_json& findings, const Style& style = {});

}  // namespace relaysieve
