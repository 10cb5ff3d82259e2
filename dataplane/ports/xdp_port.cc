// SPDX-License-Identifier: Apache-2.0
//
// A kernel interface as a port, through AF_XDP sockets: one on each of its receive queues. Not through DPDK's
// net_af_xdp, which makes a bad wire (measured, DPDK 22.11): it reports frames as sent that the kernel refused and,
// after the interface was down, sends them late; it leaves its XDP programme behind when it is killed, and the
// interface promiscuous even when it is not; it waits up to a second in poll(2), and without an end while a device
// is busy; it copies frames longer than its buffers; and it knows no queues but combined ones.
// tests/wire compares the two.
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ports/driver_choice.h"
#include "ports/interface.h"
#include "ports/port.h"
#include "ports/xdp_program.h"
#include "ports/xdp_queue.h"

namespace relaysieve {
namespace {

static_assert(kLongestXdpMtu + 14 + 2 * 4 == XdpQueue::kLongestFrame);

// The interface takes frames for any destination while this exists; the kernel ends it with the process.
class Promiscuity {
 public:
  ~Promiscuity() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  absl::Status begin(int interface_index) {
    descriptor_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);  // protocol 0: no frames
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = interface_index;
    promiscuous.mr_type = PACKET_MR_PROMISC;
    if (setsockopt(descriptor_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0)
      return absl::OkStatus();
    return absl::ErrnoToStatus(errno, "it cannot be made promiscuous");
  }

 private:
  int descriptor_ = -1;
};

class XdpPort final : public Port {
 public:
  XdpPort(std::unique_ptr<Interface> interface, bool strips)
      : Port(interface->name()), interface_(std::move(interface)), strips_(strips) {}
  absl::Status open(unsigned queues, const InterfaceFacts& facts, rte_mempool* pool);
  absl::Status start(const Start& how) override;
  Queue& queue(unsigned worker) override { return *queues_[worker]; }

  std::string_view driver() const override { return "af_xdp"; }
  bool exists() const override { return interface_->exists(); }
  bool link() const override { return interface_->carrier(); }
  Interface* interface() override { return interface_.get(); }
  std::vector<std::string> changes() const override { return interface_->changes(); }
  uint64_t missed() override;
  std::string trouble() const override;

 private:
  std::unique_ptr<Interface> interface_;
  bool strips_;  // it takes VLAN tags off frames, unless told not to
  Promiscuity promiscuity_;
  std::vector<std::unique_ptr<XdpQueue>> queues_;
  std::unique_ptr<XdpProgram> program_;  // goes before the sockets
};

// All that can fail for want of a right or of the driver's help. Frames still go to the kernel after it.
absl::Status XdpPort::open(unsigned queues, const InterfaceFacts& facts, rte_mempool* pool) {
  absl::StatusOr<std::unique_ptr<XdpProgram>> program =
      XdpProgram::attach(interface_->index(), queues, tags_come_beside(facts));
  if (!program.ok()) return program.status();
  program_ = *std::move(program);
  for (unsigned i = 0; i < queues; ++i) {
    absl::StatusOr<std::unique_ptr<XdpQueue>> queue =
        XdpQueue::open(interface_->name(), i, checksums_are_left(facts), pool);
    if (!queue.ok()) return queue.status();
    queues_.push_back(*std::move(queue));
  }
  return absl::OkStatus();
}

absl::Status XdpPort::start(const Start&) {
  if (absl::Status status = interface_->stop_merging(strips_); !status.ok()) return status;
  if (absl::Status status = interface_->bring_up(); !status.ok()) return status;
  if (absl::Status status = promiscuity_.begin(interface_->index()); !status.ok()) return status;
  for (unsigned i = 0; i < queues_.size(); ++i)
    if (absl::Status status = program_->steer(i, queues_[i]->descriptor()); !status.ok()) return status;
  return absl::OkStatus();
}

uint64_t XdpPort::missed() {
  uint64_t sum = 0;
  for (const auto& queue : queues_) sum += queue->missed();
  return sum;
}

std::string XdpPort::trouble() const {
  return what_af_xdp_misses(interface_->queues().rx, interface_->mtu(), static_cast<unsigned>(queues_.size()))
      .value_or("");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> open_xdp_port(const std::string& name, unsigned queues,
                                                    rte_mempool* pool) {
  absl::StatusOr<std::unique_ptr<Interface>> interface = Interface::open(name);
  if (!interface.ok()) return interface.status();
  const InterfaceFacts facts = facts_of(**interface);
  if (const auto reason = why_not_af_xdp(facts, queues)) return absl::FailedPreconditionError(*reason);
  auto port = std::make_unique<XdpPort>(*std::move(interface), !tags_come_beside(facts));
  if (absl::Status status = port->open(queues, facts, pool); !status.ok()) return status;
  return port;
}

}  // namespace relaysieve
