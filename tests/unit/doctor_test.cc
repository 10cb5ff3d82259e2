// SPDX-License-Identifier: Apache-2.0
#include "doctor_box.h"

namespace relaysieve {
namespace {

TEST(Doctor, AHealthyBoxHasNoTrouble) {
  EXPECT_EQ(worst(safe_box()), Level::ok);
  const std::vector<Finding> findings = examine(box());
  // That no daemon was asked, and that there is no bridge.
  EXPECT_EQ(std::ranges::count(findings, Level::note, &Finding::level), 2);
  EXPECT_EQ(findings.front().subject, "daemon");
  EXPECT_EQ(worst(box()), Level::note);
}

const std::vector<Case> kCases = {
    {"address", box,
     [](Facts& f) {
       f.ports[0].addresses = {"fe80::1/64", "10.0.0.1/24"};
     },
     Level::warning, "port eth1",
     "has an address, and the box answers for itself while no daemon runs: 10.0.0.1/24",
     "ip address flush dev eth1"},
    {"link-local", box, [](Facts& f) { f.ports[0].addresses = {"fe80::1/64"}; }, Level::note, "port eth1",
     "IPv6 link-local address", "disable_ipv6=1"},
    {"default route", box, [](Facts& f) { f.ports[1].default_route = "br0"; }, Level::problem, "port eth2",
     "br0 carries the default route of this machine", "take another"},
    {"mtu", box, [](Facts& f) { f.ports[1].choice.mtu = 9000; }, Level::problem, "wire 1", "the MTUs differ",
     "ip link set dev eth1 mtu 9000"},
    {"long mtu", box,
     [](Facts& f) {
       for (PortFacts& port : f.ports) port.choice.mtu = 16'000;
     },
     Level::problem, "port eth1", "no more than 10090 is carried", "mtu 10090"},
    {"bridge", box,
     [](Facts& f) {
       f.ports[0].master = "br0";
       f.ports[0].master_kind = "bridge";
     },
     Level::problem, "port eth1", "part of bridge br0", "nomaster"},
    {"fall-back bridge, no daemon", box,
     [](Facts& f) {
       f.ports[0].master = f.ports[1].master = "rs-rack";
       f.ports[0].master_kind = f.ports[1].master_kind = "bridge";
       f.ports[0].beside = {"eth2"};
       f.ports[1].beside = {"eth1"};
     },
     Level::note, "port eth1", "bridge rs-rack stands behind it", ""},
    {"fall-back bridge", running_box,
     [](Facts& f) {
       f.ports[0].master = "rs-rack";
       f.ports[0].master_kind = "bridge";
       f.ports[0].beside = {"eth2"};
     },
     Level::ok, "port eth1", "bridge rs-rack stands behind it", ""},
    {"fall-back bridge that is not held shut", running_box,
     [](Facts& f) {
       f.daemon->barrier = "no such file";
       f.ports[0].master = "rs-rack";
       f.ports[0].master_kind = "bridge";
       f.ports[0].beside = {"eth2"};
     },
     Level::problem, "port eth1", "part of bridge rs-rack", "nomaster"},
    {"a bridge with others", running_box,
     [](Facts& f) {
       f.ports[0].master = "br0";
       f.ports[0].master_kind = "bridge";
       f.ports[0].beside = {"eth2", "eth9"};
     },
     Level::problem, "port eth1", "part of bridge br0", "nomaster"},
    {"no bridge", safe_box, [](Facts& f) { f = running_box(); }, Level::note, "wire 1",
     "no bridge stands behind this wire", "fallback-bridge up rs-bridge eth1 eth2"},
    {"no bridge, no daemon", [] { return with_fallback(box()); }, [](Facts& f) { f = box(); }, Level::note,
     "wire 1", "while no daemon runs, nothing passes", "relaysieved@.service"},
    {"a firewall over the bridge", safe_box,
     [](Facts& f) {
       f.bridge_calls = {"net.bridge.bridge-nf-call-iptables", "net.bridge.b"};
     },
     Level::warning, "wire 1", "the kernel's firewall reads what bridge rs-rack passes on",
     "sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.b=0"},
    {"merging", box, [](Facts& f) { f.ports[0].merging = {"rx-gro"}; }, Level::note, "port eth1",
     "merged (rx-gro)", ""},
    {"merging for ever", box,
     [](Facts& f) {
       f.ports[0].merging = {"rx-lro"};
       f.ports[0].fixed = {"rx-lro"};
     },
     Level::problem, "port eth1", "cannot be switched off: rx-lro", "another driver"},
    {"merging now", running_box, [](Facts& f) { f.ports[0].merging = {"rx-gro"}; }, Level::problem,
     "port eth1", "frames are merged: rx-gro", "ethtool -K eth1 gro off"},
    {"programme", box, [](Facts& f) { f.ports[0].choice.has_programme = true; }, Level::warning, "port eth1",
     "an XDP programme is on it", "xdp off"},
    {"somebody's programme", running_box, [](Facts& f) { f.ports[0].opened_with = "af_packet"; },
     Level::warning, "port eth1", "an XDP programme is on it", "xdp off"},
    {"queues", box, [](Facts& f) { f.ports[0].choice.rx_queues = 8; }, Level::note, "port eth1",
     "it has 8 receive queues for 1 worker", ""},
    {"down", box, [](Facts& f) { f.ports[0].up = f.ports[0].link = false; }, Level::note, "port eth1",
     "the daemon brings it up", ""},
    {"taken down", running_box, [](Facts& f) { f.ports[0].up = f.ports[0].link = false; }, Level::problem,
     "port eth1", "taken it down", "up"},
    {"no link", box, [](Facts& f) { f.ports[0].link = false; }, Level::problem, "port eth1", "no link",
     "cable"},
    {"held", running_box,
     [](Facts& f) {
       f.ports[0].held = true;
       f.ports[0].up = f.ports[0].link = false;
     },
     Level::warning, "port eth1", "held down", ""},
    {"deaf", running_box, [](Facts& f) { f.ports[0].promiscuity = 0; }, Level::problem, "port eth1",
     "not promiscuous", "restart"},
    {"no interface", box, [](Facts& f) { f.ports[0].error = "no such interface"; }, Level::problem,
     "port eth1", "no such interface", "ip link"},
    {"virtio", box, [](Facts& f) { f.ports[0].choice.kernel_driver = "virtio_net"; }, Level::note,
     "port eth1", "checksums unfinished", "tx off"},
    {"hyper-v", box, [](Facts& f) { f.ports[0].choice.kernel_driver = "hv_netvsc"; }, Level::note,
     "port eth1", "checksums unfinished", "tx off"},
    {"vmware", box, [](Facts& f) { f.ports[0].choice.kernel_driver = "vmxnet3"; }, Level::note, "port eth1",
     "checksums unfinished", "tx off"},
    {"xen", box, [](Facts& f) { f.ports[0].choice.kernel_driver = "vif"; }, Level::note, "port eth1",
     "checksums unfinished", "tx off"},
    {"unfinished", running_box, [](Facts& f) { f.ports[0].unfinished = 7; }, Level::warning, "port eth1",
     "7 frames came with checksums", "tx off"},
    {"trouble", running_box, [](Facts& f) { f.ports[0].trouble = "it has 2 receive queues now"; },
     Level::problem, "port eth1", "it has 2 receive queues now", "restart"},
    {"refused", running_box, [](Facts& f) { f.ports[1].refused = 3; }, Level::warning, "port eth2",
     "3 frames were refused", "MTU"},
    {"missed", running_box, [](Facts& f) { f.ports[1].missed = 3; }, Level::warning, "port eth2",
     "3 frames were lost", "workers"},
    {"veth", box,
     [](Facts& f) {
       f.kernel_minor = 1;
       f.ports[0].choice.kernel_driver = "veth";
     },
     Level::note, "kernel", "Linux 6.1: before 6.8 AF_XDP loses VLAN tags on a veth", "packet sockets"},
    {"no huge pages", box, [](Facts& f) { f.huge_pages[0].free = 0; }, Level::note, "huge pages",
     "none are free", "host-setup --apply hugepages"},
    {"not mounted", box, [](Facts& f) { f.huge_pages[0].mount = ""; }, Level::note, "huge pages",
     "128 MiB are free, but no hugetlbfs", "mount"},
    {"runs without", running_box, [](Facts& f) { f.daemon->memory = "ordinary"; }, Level::note, "huge pages",
     "runs without", "restart"},
    {"runs unseen", running_box, [](Facts& f) { f.daemon->memory = "huge_pages"; }, Level::note, "huge pages",
     "cannot watch", "mount"},
    {"nftables", box, [](Facts& f) { f.nftables = "Protocol not supported"; }, Level::warning, "nftables",
     "(Protocol not supported)", "modprobe"},
    {"nftables not seen", box, [](Facts& f) { f.nftables.reset(); }, Level::note, "nftables",
     "want of rights", "root"},
    {"no barrier", running_box, [](Facts& f) { f.daemon->barrier = "no such file"; }, Level::warning,
     "nftables", "no such file", "restart"},
    {"cores", box, [](Facts& f) { f.workers = 8; }, Level::warning, "cores", "8 workers on 4 cores",
     "workers = 4"},
    {"rights", box,
     [](Facts& f) {
       f.root = false;
       f.lacking = {"NET_ADMIN", "NET_RAW"};
     },
     Level::warning, "rights", "lacks NET_ADMIN, NET_RAW", "root"},
    {"clock", box, [](Facts& f) { f.clock = "hpet"; }, Level::warning, "clock", "hpet", "tsc"},
    {"wall clock", box, [](Facts& f) { f.synchronised = false; }, Level::note, "clock", "not synchronised",
     "chrony"},
    {"version", running_box, [](Facts& f) { f.daemon->version = "0.0.9"; }, Level::warning, "daemon",
     "version 0.0.9 runs, and this is 0.1.0", "restart"},
    {"descriptors", running_box, [](Facts& f) { f.daemon->files = 1024; }, Level::note, "descriptors",
     "may open 1024", "LimitNOFILE"},
};

TEST(Doctor, EachTroubleIsFoundWhereItIsAndOnlyThere) { find_each(kCases); }

TEST(Doctor, TheWorstComesFirst) {
  Facts facts = box();
  facts.ports[0].link = false;
  facts.ports[1].addresses = {"10.0.0.1/24"};
  const std::vector<Finding> findings = examine(facts);
  EXPECT_TRUE(std::ranges::is_sorted(findings, std::greater(), &Finding::level));
  EXPECT_EQ(findings.front().found, "no link");
}

TEST(Doctor, PortsOfTwoWiresMayDiffer) {
  Facts facts = box();
  facts.ports[1].choice.mtu = 9000;
  facts.ports[1].wire = 2;
  EXPECT_EQ(worst(facts), Level::note);
}

// Over three ports it would be a loop, a card that DPDK has is not the kernel's, and without a barrier it does harm.
TEST(Doctor, NoBridgeIsWantedWhereNoneCanStand) {
  const Case none = {"no bridge", running_box, nullptr, Level::note, "wire 1", "no bridge", "up"};
  Facts facts = running_box();
  EXPECT_TRUE(has(facts, none));
  facts.daemon->barrier = "no such file";
  EXPECT_FALSE(has(facts, none));
  facts = running_box();
  facts.ports.push_back(card("eth3"));
  EXPECT_FALSE(has(facts, none));
  facts = running_box();
  facts.ports[0].kind = PortFacts::Kind::pci;
  EXPECT_FALSE(has(facts, none));
  facts = running_box();
  facts.bridge_calls = {"net.bridge.bridge-nf-call-iptables"};
  EXPECT_EQ(worst(facts), Level::note);  // nor is there what a firewall could read
}

TEST(Doctor, InWords) {
  const nlohmann::ordered_json findings = to_json(
      {{Level::problem, "port eth1", "no link", "look at its cable"}, {Level::ok, "clock", "tsc", ""}});
  EXPECT_EQ(findings.at("counts").dump(), R"({"ok":1,"note":0,"warning":0,"problem":1})");
  EXPECT_EQ(render_findings(findings),
            "problem port eth1: no link\n        > look at its cable\nok      clock: tsc\n\n"
            "problems 1, warnings 0, notes 0, ok 1\n");
  EXPECT_TRUE(render_findings(findings, Style::coloured()).starts_with("\x1b[1;31mproblem \x1b[0mport eth1"));
}

}  // namespace
}  // namespace relaysieve
