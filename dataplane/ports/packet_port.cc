// SPDX-License-Identifier: Apache-2.0
//
// A kernel interface as a port, through packet sockets (packet(7)). Not through DPDK's net_af_packet, which
// makes a bad wire: it has the kernel put IPv4 fragments together (PACKET_FANOUT_FLAG_DEFRAG), turns 802.1ad
// tags into 802.1Q ones, cuts long frames without a word, and reports frames that the kernel refused as sent.
// `vdev:net_af_packet0,iface=eth0` still opens that driver; tests/wire compares the two.
#include <numeric>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ports/interface.h"
#include "ports/packet_queue.h"
#include "ports/port.h"

namespace relaysieve {
namespace {

constexpr int kLongestMtu =
    PacketQueue::kLongestFrame - 14 - 2 * 4;  // an Ethernet header and two tags come on top

class PacketPort final : public Port {
 public:
  PacketPort(std::unique_ptr<Interface> interface, rte_mempool* pool)
      : Port(interface->name()), interface_(std::move(interface)), pool_(pool) {}
  absl::Status start(const Start& how) override;
  Queue& queue(unsigned worker) override { return *queues_[worker]; }

  std::string_view driver() const override { return "af_packet"; }
  bool exists() const override { return interface_->exists(); }
  bool link() const override { return interface_->carrier(); }
  std::vector<std::string> changes() const override { return interface_->changes(); }
  Interface* interface() override { return interface_.get(); }
  std::string trouble() const override {
    const int mtu = interface_->mtu();
    if (mtu <= kLongestMtu) return "";
    return absl::StrCat("its MTU is ", mtu, " now: frames for more than ", kLongestMtu, " are lost");
  }
  uint64_t missed() override {
    return sum([](PacketQueue& queue) { return queue.missed(); });
  }
  uint64_t unfinished() const override {
    return sum([](PacketQueue& queue) { return queue.unfinished(); });
  }

 private:
  template <typename Count>
  uint64_t sum(Count count) const {
    return std::transform_reduce(queues_.begin(), queues_.end(), uint64_t{0}, std::plus(),
                                 [&](const auto& queue) { return count(*queue); });
  }
  absl::Status open_queue(const Start& how);

  std::unique_ptr<Interface> interface_;
  rte_mempool* pool_;
  std::optional<uint16_t> group_;  // the kernel's number of the queues that share out the frames
  std::vector<std::unique_ptr<PacketQueue>> queues_;
};

absl::Status PacketPort::open_queue(const Start& how) {
  absl::StatusOr<std::unique_ptr<PacketQueue>> queue = PacketQueue::open(pool_);
  if (!queue.ok()) return queue.status();
  if (absl::Status status = (*queue)->listen(interface_->index(), how.mark); !status.ok()) return status;
  if (how.queues > 1) {
    absl::StatusOr<uint16_t> group = (*queue)->join(group_);
    if (!group.ok()) return group.status();
    group_ = *group;
  }
  queues_.push_back(*std::move(queue));
  return absl::OkStatus();
}

// No queue hears a frame before all have joined: until then each would hear every frame.
absl::Status PacketPort::start(const Start& how) {
  if (absl::Status status = interface_->stop_merging(); !status.ok()) return status;
  if (absl::Status status = interface_->bring_up(); !status.ok()) return status;
  for (unsigned i = 0; i < how.queues; ++i)
    if (absl::Status status = open_queue(how); !status.ok()) return status;
  for (const auto& queue : queues_)
    if (absl::Status status = queue->hear(); !status.ok()) return status;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> open_packet_port(const std::string& name, rte_mempool* pool) {
  absl::StatusOr<std::unique_ptr<Interface>> interface = Interface::open(name);
  if (!interface.ok()) return interface.status();
  if (const int mtu = (*interface)->mtu(); mtu > kLongestMtu)
    return absl::OutOfRangeError(
        absl::StrCat("its MTU is ", mtu, ", and no more than ", kLongestMtu, " is carried"));
  // Whether it may at all is asked before anything on the box is changed.
  if (auto allowed = PacketQueue::open(pool); !allowed.ok()) return allowed.status();
  return std::make_unique<PacketPort>(*std::move(interface), pool);
}

}  // namespace relaysieve
