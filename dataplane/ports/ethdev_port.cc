// SPDX-License-Identifier: Apache-2.0
//
// A DPDK port: a NIC by its PCI address, or a virtual device.
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_pci.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ports/environment.h"
#include "ports/port.h"

namespace relaysieve {
namespace {

constexpr uint16_t kDescriptors = 512;
constexpr uint16_t kMostMtu =
    kFrameBuffer - RTE_PKTMBUF_HEADROOM - RTE_ETHER_HDR_LEN - 2 * RTE_VLAN_HLEN - RTE_ETHER_CRC_LEN;

class EthdevQueue final : public Queue {
 public:
  EthdevQueue(uint16_t port, uint16_t queue, bool spins, int time_offset)
      : port_(port), queue_(queue), spins_(spins), time_offset_(time_offset) {}

  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override {
    return rte_eth_tx_burst(port_, queue_, frames, count);
  }
  bool spins() const override { return spins_; }

 private:
  uint16_t port_;
  uint16_t queue_;
  bool spins_;
  int time_offset_;  // of net_pcap's capture time in an mbuf; -1: frames carry no time
};

void EthdevQueue::receive(Burst& burst) {
  burst.size = rte_eth_rx_burst(port_, queue_, burst.frames.data(), Burst::kSize);
  burst.timed = time_offset_ >= 0;
  if (!burst.timed) return;
  for (uint16_t i = 0; i < burst.size; ++i) {
    const auto stamp = *RTE_MBUF_DYNFIELD(burst.frames[i], time_offset_, rte_mbuf_timestamp_t*);
    burst.times[i] = std::chrono::microseconds(stamp);  // net_pcap's unit
  }
}

class EthdevPort final : public Port {
 public:
  EthdevPort(std::string name, uint16_t id, rte_mempool* pool)
      : Port(std::move(name)), id_(id), pool_(pool) {}
  ~EthdevPort() override;
  absl::Status start(const Start& how) override;
  Queue& queue(unsigned worker) override { return *queues_[worker]; }

  std::string_view driver() const override { return driver_; }
  bool link() const override;
  uint64_t missed() override;

 private:
  absl::Status configure(uint16_t queues, const rte_eth_dev_info& about);

  uint16_t id_;
  rte_mempool* pool_;
  std::string driver_;
  std::vector<std::unique_ptr<EthdevQueue>> queues_;
};

absl::Status refused(const char* what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", rte_strerror(-error)));
}

EthdevPort::~EthdevPort() {
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
}

// Offloads that change frames stay off. Several queues share out the frames by IP addresses and UDP ports, as
// far as the device can.
absl::Status EthdevPort::configure(uint16_t queues, const rte_eth_dev_info& about) {
  rte_eth_conf wanted{};
  wanted.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER & about.rx_offload_capa;
  wanted.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & about.tx_offload_capa;
  if (queues > 1) {
    wanted.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    wanted.rx_adv_conf.rss_conf.rss_hf = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & about.flow_type_rss_offloads;
  }
  uint16_t rx = kDescriptors;
  uint16_t tx = kDescriptors;
  const int node = rte_eth_dev_socket_id(id_);
  if (int error = rte_eth_dev_configure(id_, queues, queues, &wanted); error != 0)
    return refused("cannot be set up", error);
  // A NIC is told of frames longer than 1,500 bytes of payload; one that knows none drops them, and counts.
  if (kind_of(name()) == PortKind::pci) rte_eth_dev_set_mtu(id_, std::min<uint16_t>(about.max_mtu, kMostMtu));
  if (int error = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx, &tx); error != 0)
    return refused("no rings", error);
  for (uint16_t i = 0; i < queues; ++i) {
    if (int error = rte_eth_rx_queue_setup(id_, i, rx, node, nullptr, pool_); error != 0)
      return refused("cannot receive", error);
    if (int error = rte_eth_tx_queue_setup(id_, i, tx, node, nullptr); error != 0)
      return refused("cannot send", error);
  }
  return absl::OkStatus();
}

absl::Status EthdevPort::start(const Start& how) {
  rte_eth_dev_info about{};
  if (int error = rte_eth_dev_info_get(id_, &about); error != 0) return refused("no answer", error);
  driver_ = about.driver_name;
  if (const unsigned most = std::min(about.max_rx_queues, about.max_tx_queues); how.queues > most)
    return absl::OutOfRangeError(
        absl::StrCat("has queues for ", most, " workers, and ", how.queues, " are wanted"));

  if (absl::Status status = configure(static_cast<uint16_t>(how.queues), about); !status.ok()) return status;
  if (int error = rte_eth_dev_start(id_); error != 0) return refused("does not start", error);
  if (int error = rte_eth_promiscuous_enable(id_); error != 0 && error != -ENOTSUP)
    return refused("cannot be made promiscuous", error);
  const int time_offset =
      driver_ == "net_pcap" ? rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, nullptr) : -1;
  for (uint16_t i = 0; i < how.queues; ++i)
    queues_.push_back(std::make_unique<EthdevQueue>(id_, i, kind_of(name()) == PortKind::pci, time_offset));
  return absl::OkStatus();
}

bool EthdevPort::link() const {
  rte_eth_link link{};
  return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

uint64_t EthdevPort::missed() {
  rte_eth_stats stats{};
  return rte_eth_stats_get(id_, &stats) == 0 ? stats.imissed + stats.ierrors + stats.rx_nombuf : 0;
}

// With the cause, if DPDK named one.
absl::Status failed(const char* what) {
  const std::string complaint = dpdk_complaint();
  return absl::NotFoundError(complaint.empty() ? what : absl::StrCat(what, ": ", complaint));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> open_ethdev_port(const std::string& name, rte_mempool* pool) {
  dpdk_complaint();
  uint16_t id = 0;
  if (kind_of(name) == PortKind::pci) {
    rte_pci_addr address;
    char device[PCI_PRI_STR_SIZE];
    rte_pci_addr_parse(name.c_str(), &address);
    rte_pci_device_name(&address, device, sizeof device);
    if (rte_eth_dev_get_port_by_name(device, &id) != 0)
      return absl::NotFoundError(
          "no such network device, or not bound to a driver that DPDK can use (vfio-pci)");
  } else {
    const std::string all = name.substr(kVdev.size());
    const std::string device = all.substr(0, all.find(','));
    const std::string arguments = device.size() == all.size() ? "" : all.substr(device.size() + 1);
    if (rte_eth_dev_get_port_by_name(device.c_str(), &id) == 0)
      return absl::AlreadyExistsError(absl::StrCat("there is a ", device, " already"));
    if (rte_eal_hotplug_add("vdev", device.c_str(), arguments.c_str()) != 0 ||
        rte_eth_dev_get_port_by_name(device.c_str(), &id) != 0)
      return failed("DPDK cannot make it");
  }
  return adopt_ethdev_port(name, id, pool);
}

std::unique_ptr<Port> adopt_ethdev_port(const std::string& name, uint16_t id, rte_mempool* pool) {
  return std::make_unique<EthdevPort>(name, id, pool);
}

}  // namespace relaysieve
