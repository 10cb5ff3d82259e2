// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xdp/xsk.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ports/port.h"

namespace relaysieve {

// An AF_XDP socket as one queue of a kernel interface. Frames lie in chunks of a page that it shares with the kernel;
// they are copied from there into mbufs and back, which costs less than the system call beside it, and
// lets every port take every other's frames. In the kernel it is copy mode as well: only there does a socket
// say of each frame whether the device took it.
class XdpQueue final : public Queue {
 public:
  static constexpr uint32_t kChunk = 4096;
  static constexpr uint32_t kLongestFrame = kChunk - 256;  // XDP_PACKET_HEADROOM, the kernel's

  // Bound to a queue of an interface; no frame comes before an XDP programme steers it here. `checksums_left`: there
  // are senders on this machine that leave checksums to a NIC; AF_XDP does not say of which frames.
  static absl::StatusOr<std::unique_ptr<XdpQueue>> open(const std::string& interface, unsigned queue,
                                                        bool checksums_left, rte_mempool* pool);
  ~XdpQueue() override;

  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override;
  int descriptor() const override { return descriptor_; }

  uint64_t missed() const;

 private:
  XdpQueue(bool checksums_left, rte_mempool* pool) : checksums_left_(checksums_left), pool_(pool) {}
  absl::Status bind(const std::string& interface, unsigned queue);
  void fill();
  void reclaim();
  void post(const rte_mbuf* frame);
  int kick();
  void take_back();

  const bool checksums_left_;
  rte_mempool* pool_;
  char* memory_ = nullptr;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  int descriptor_ = -1;
  xsk_ring_prod empty_{};       // to the kernel: chunks to receive into
  xsk_ring_cons received_{};    // from it: frames that came
  xsk_ring_prod outgoing_{};    // to it: frames to send
  xsk_ring_cons done_{};        // from it: chunks whose frames have gone
  std::vector<uint64_t> read_;  // chunks whose frames have been read, for `empty_`
  std::vector<uint64_t> free_;  // chunks to send from
  bool waiting_ = false;        // a frame is in `outgoing_` that the device had no room for
};

}  // namespace relaysieve
