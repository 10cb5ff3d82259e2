// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "doctor/doctor.h"

namespace relaysieve {
namespace {

using Findings = std::vector<Finding>;

constexpr unsigned long kFiles =
    2048;  // a thousand idle callers of the control socket, and what the ports take

void daemon(const Facts& facts, Findings& findings) {
  if (!facts.daemon) {
    findings.push_back({Level::note, "daemon", absl::StrCat("not asked: ", facts.daemon_error),
                        "what only it knows is not looked at"});
    return;
  }
  const bool same = facts.daemon->version == facts.version;
  findings.push_back(
      {same ? Level::ok : Level::warning, "daemon",
       same ? absl::StrCat("version ", facts.version, " runs, and so is this command line")
            : absl::StrCat("version ", facts.daemon->version, " runs, and this is ", facts.version),
       same ? "" : "restart relaysieved"});
}

void huge_pages(const Facts& facts, Findings& findings) {
  const std::string reserve = host_setup("hugepages");
  const auto add = [&](Level level, std::string found, std::string advice) {
    findings.push_back({level, "huge pages", std::move(found), std::move(advice)});
  };
  if (facts.daemon && facts.daemon->memory == "shared_huge_pages")
    return add(Level::ok, "the daemon has its frames there, and dpdk-dumpcap can watch", "");
  const bool mounted =
      std::ranges::any_of(facts.huge_pages, [](const HugePages& pages) { return !pages.mount.empty(); });
  if (facts.daemon && facts.daemon->memory == "huge_pages")
    return add(Level::note,
               "the daemon has its frames there, but dpdk-dumpcap cannot watch: no hugetlbfs is mounted",
               "mount -t hugetlbfs none /dev/hugepages, and restart relaysieved");
  if (facts.daemon)
    return add(Level::note, "the daemon runs without: slower, and a NIC cannot be a DPDK port",
               absl::StrCat(reserve, "; and restart relaysieved"));
  uint64_t free = 0;
  for (const HugePages& pages : facts.huge_pages) free += pages.size * pages.free;
  if (free == 0) return add(Level::note, "none are free: slower, and a NIC cannot be a DPDK port", reserve);
  const std::string found = absl::StrCat(free >> 20, " MiB are free");
  if (mounted) return add(Level::ok, absl::StrCat(found, ", and a hugetlbfs is mounted"), "");
  add(Level::note,
      absl::StrCat(found, ", but no hugetlbfs that this user may write to: dpdk-dumpcap cannot watch"),
      "mount -t hugetlbfs none /dev/hugepages");
}

void nftables(const Facts& facts, Findings& findings) {
  const auto add = [&](Level level, std::string found, std::string advice = "") {
    findings.push_back({level, "nftables", std::move(found), std::move(advice)});
  };
  constexpr const char* kAdvice =
      "load nf_tables (modprobe nf_tables), Linux 5.16 or later, and restart relaysieved";
  if (facts.daemon && facts.daemon->barrier.empty())
    return add(Level::ok, "they keep this machine's kernel off the wire");
  if (facts.daemon)
    return add(Level::warning,
               absl::StrCat("this machine's own frames can get onto the wire, and it may answer others': ",
                            facts.daemon->barrier),
               kAdvice);
  if (!facts.nftables) return add(Level::note, "not seen, for want of rights", "run doctor as root");
  if (facts.nftables->empty()) return add(Level::ok, "they work");
  add(Level::warning,
      absl::StrCat("they do not work (", *facts.nftables, "), so the box's own kernel is on the wire"),
      kAdvice);
}

void kernel(const Facts& facts, Findings& findings) {
  const std::string version = absl::StrCat("Linux ", facts.kernel_major, ".", facts.kernel_minor);
  const bool veth =
      std::ranges::any_of(facts.ports, [](const PortFacts& port) { return tags_come_beside(port.choice); });
  const bool tells_tags = std::pair(facts.kernel_major, facts.kernel_minor) >= std::pair(6u, 8u);
  if (!veth || tells_tags) {
    findings.push_back({Level::ok, "kernel", version, ""});
  } else {
    findings.push_back({Level::note, "kernel",
                        absl::StrCat(version, ": before 6.8 AF_XDP loses VLAN tags on a veth"),
                        "a later kernel, or leave it: packet sockets carry everything"});
  }
}

void cores(const Facts& facts, Findings& findings) {
  const std::string have = absl::StrCat(facts.workers, facts.workers == 1 ? " worker on " : " workers on ",
                                        facts.cores, facts.cores == 1 ? " core" : " cores");
  if (facts.workers > facts.cores) {
    findings.push_back({Level::warning, "cores", absl::StrCat(have, ": they wait for each other"),
                        absl::StrCat("workers = ", facts.cores)});
  } else {
    findings.push_back({Level::ok, "cores",
                        facts.isolated.empty() ? have : absl::StrCat(have, ", isolated: ", facts.isolated),
                        ""});
  }
}

void rights(const Facts& facts, Findings& findings) {
  if (facts.root && facts.lacking.empty()) return;
  if (facts.lacking.empty()) {
    findings.push_back({Level::ok, "rights", "not root, but with every capability that is needed", ""});
    return;
  }
  findings.push_back(
      {facts.daemon ? Level::note : Level::warning, "rights",
       absl::StrCat("a daemon that this user starts lacks ", absl::StrJoin(facts.lacking, ", ")),
       "run as root, or AmbientCapabilities= in the unit; BPF and IPC_LOCK are for AF_XDP only"});
}

void clocks(const Facts& facts, Findings& findings) {
  constexpr std::array kQuick = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "xen",
                                 "arch_sys_counter"};
  const bool quick = std::ranges::find(kQuick, facts.clock) != kQuick.end();
  if (!facts.clock.empty() && !quick) {
    findings.push_back({Level::warning, "clock",
                        absl::StrCat("the kernel reads ", facts.clock, ", which is slow"),
                        "clocksource=tsc on the kernel's command line, if the machine can"});
  } else if (facts.synchronised == false) {
    findings.push_back({Level::note, "clock",
                        "the wall clock is not synchronised: the times in captures may be off",
                        "chrony or systemd-timesyncd; what is judged does not depend on it"});
  } else {
    findings.push_back({Level::ok, "clock",
                        absl::StrCat(facts.clock.empty() ? "unknown" : facts.clock,
                                     facts.synchronised ? ", synchronised" : ""),
                        ""});
  }
}

void files(const Facts& facts, Findings& findings) {
  if (!facts.daemon || facts.daemon->files >= kFiles) return;
  findings.push_back({Level::note, "descriptors",
                      absl::StrCat("the daemon may open ", facts.daemon->files, ": few callers at once"),
                      "LimitNOFILE=4096 in the unit, or ulimit -Hn 4096"});
}

}  // namespace

Findings examine_machine(const Facts& facts) {
  Findings findings;
  for (const auto check : {daemon, huge_pages, nftables, kernel, cores, rights, clocks, files})
    check(facts, findings);
  return findings;
}

}  // namespace relaysieve
