// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ports/counters.h"
#include "ports/environment.h"
#include "ports/port.h"

namespace relaysieve {

// A packet socket (packet(7)) as one queue of a kernel interface.
class PacketQueue final : public Queue {
 public:
  static constexpr uint32_t kLongestFrame = kFrameBuffer - 128;  // DPDK's headroom, where a tag is put back

  // Deaf until it listens.
  static absl::StatusOr<std::unique_ptr<PacketQueue>> open(rte_mempool* pool);
  ~PacketQueue() override;

  // Makes it ready and binds it to an interface. It hears nothing before hear().
  absl::Status listen(int interface_index, uint32_t mark);
  // Shares the interface's frames, flow by flow, with the other queues of this group; none = a new one.
  // Returns the group.
  absl::StatusOr<uint16_t> join(std::optional<uint16_t> group);
  absl::Status hear();

  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override;
  int descriptor() const override { return descriptor_; }

  uint64_t missed();
  uint64_t unfinished() const { return unfinished_.get(); }

 private:
  // A system call's worth of frames in one direction.
  struct Batch {
    static constexpr size_t kPieces = 8;  // of one frame; a frame of more is refused: none is that long

    std::array<mmsghdr, Burst::kSize> messages{};
    std::array<std::array<iovec, kPieces>, Burst::kSize> pieces{};
  };
  // What the kernel says about a frame beside its bytes.
  struct alignas(cmsghdr) Note {
    char bytes[CMSG_SPACE(sizeof(tpacket_auxdata))];
  };

  PacketQueue(int descriptor, rte_mempool* pool) : descriptor_(descriptor), pool_(pool) {}
  absl::Status configure(int interface_index, uint32_t mark);
  void prepare(size_t slot, rte_mbuf* frame);
  rte_mbuf* take(size_t slot);

  int descriptor_;
  rte_mempool* pool_;
  std::array<rte_mbuf*, Burst::kSize> empty_{};  // what the next frames are received into
  Batch in_;
  Batch out_;
  std::array<Note, Burst::kSize> notes_{};
  Counter lost_;                       // here: no memory for it, or longer than any frame
  std::atomic<uint64_t> overrun_ = 0;  // in the kernel: the worker was too slow
  Counter unfinished_;
};

}  // namespace relaysieve
