// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "doctor/doctor.h"

namespace relaysieve {
namespace {

using Wire = std::vector<const PortFacts*>;

void print_name(std::string* out, const PortFacts* port) { absl::StrAppend(out, port->name); }

// What is wrong with the ports of one wire together, noted as it is found.
class WireExamination {
 public:
  WireExamination(size_t number, const Wire& ports, const Facts& facts)
      : subject_(absl::StrCat("wire ", number)), ports_(ports), facts_(facts) {}

  std::vector<Finding> run() {
    mtus();
    fallback();
    return std::move(findings_);
  }

 private:
  void add(Level level, std::string found, std::string advice) {
    findings_.push_back({level, subject_, std::move(found), std::move(advice)});
  }

  // Frames that fit one port of a wire and not another are lost.
  void mtus() {
    const auto mtu = [](const PortFacts* port) { return port->choice.mtu; };
    Wire seen;
    std::ranges::copy_if(ports_, std::back_inserter(seen), is_seen);
    if (seen.empty()) return;
    const auto [least, most] = std::ranges::minmax_element(seen, {}, mtu);
    if (mtu(*least) == mtu(*most)) return;
    const auto print = [&](std::string* out, const PortFacts* port) {
      absl::StrAppend(out, port->name, " ", mtu(port));
    };
    add(Level::problem,
        absl::StrCat("the MTUs differ, and frames too long for one port are lost there: ",
                     absl::StrJoin(seen, ", ", print)),
        absl::StrCat("ip link set dev ", (*least)->name, " mtu ", mtu(*most)));
  }

  // Only two interfaces can have one: over more it would be a loop.
  void fallback() {
    if (ports_.size() != 2 || !std::ranges::all_of(ports_, is_seen)) return;
    if (std::ranges::all_of(ports_, [&](const PortFacts* port) { return has_fallback(*port, facts_); }))
      return firewall();
    const bool free = std::ranges::all_of(ports_, [](const auto* port) { return port->master.empty(); });
    if (!free || (facts_.daemon && !facts_.daemon->barrier.empty())) return;  // that is told elsewhere
    add(Level::note, "no bridge stands behind this wire: while no daemon runs, nothing passes",
        absl::StrCat("relaysieved@.service makes one; by hand: " RELAYSIEVE_LIBEXEC
                     "/fallback-bridge up rs-bridge ",
                     absl::StrJoin(ports_, " ", print_name)));
  }

  void firewall() {
    if (facts_.bridge_calls.empty()) return;
    const auto off = [](std::string* out, const std::string& call) { absl::StrAppend(out, call, "=0"); };
    add(Level::warning,
        absl::StrCat("the kernel's firewall reads what bridge ", ports_.front()->master,
                     " passes on, and may drop it"),
        absl::StrCat("sysctl -w ", absl::StrJoin(facts_.bridge_calls, " ", off)));
  }

  static bool is_seen(const PortFacts* port) {
    return port->kind == PortFacts::Kind::interface && port->error.empty();
  }

  const std::string subject_;
  const Wire& ports_;
  const Facts& facts_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_wires(const Facts& facts) {
  std::map<size_t, Wire> wires;
  for (const PortFacts& port : facts.ports) wires[port.wire].push_back(&port);
  std::vector<Finding> findings;
  for (const auto& [number, ports] : wires)
    std::ranges::move(WireExamination(number, ports, facts).run(), std::back_inserter(findings));
  return findings;
}

}  // namespace relaysieve
