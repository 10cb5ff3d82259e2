// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "counter.h"
#include "dhcp_frame.h"
#include "ports/byte_ring.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// What somebody wants to see of the frames.
struct TapFilter {
  uint64_t reasons = 0;  // a bit for each Reason; of server_side only replies are seen
  std::optional<ClientId> client = std::nullopt;  // only this one's messages
  uint32_t longest = ~0u;                         // bytes kept of a frame

  static_assert(kReasonCount <= 64);
  static constexpr uint64_t bit(Reason reason) { return uint64_t{1} << static_cast<unsigned>(reason); }
  bool wants(Reason reason) const { return (reasons & bit(reason)) != 0; }
};

// What a worker did with a frame; its bytes follow.
struct TapRecord {
  Time time{};
  uint64_t number = 0;  // Frame::number
  uint64_t first_number = 0;
  Duration lag{};
  uint32_t router = 0, first_router = 0;  // see Verdict
  uint32_t length = 0;  // on the wire; of a frame in several pieces only the first can be kept
  uint8_t port = 0;
  Reason reason = Reason::not_dhcp;
  bool has_first = false;
  bool refused =
      false;  // what was to be sent, the port would not take: a later word on a frame, without bytes
};

// The places from which frames can be watched, for at most kMost watchers at once. A worker copies for each what its
// filter wants into a ring of its own; what finds no room there is lost, counted, and no worker ever waits. While
// nobody watches, a worker reads one word a burst, which nobody writes.
class Taps {
 public:
  static constexpr unsigned kMost = 8;
  static constexpr size_t kRing = 4 << 20;  // bytes for each worker and watcher

  Taps(unsigned workers, size_t ports, size_t ring = kRing);

  // For who watches; any thread, but one for each tap:

  std::optional<unsigned> open(const TapFilter& filter);  // nothing: all are in use
  // Takes the oldest record of one worker's that is there, and its frame's bytes.
  bool take(unsigned tap, unsigned worker, TapRecord& record, std::vector<uint8_t>& bytes);
  std::vector<uint64_t> lost(unsigned tap) const;  // since it was opened, by port
  unsigned workers() const { return workers_; }
  // Waits until no worker is at it, which is a burst at most, and gives the memory back.
  void close(unsigned tap);

  // What a worker has of all that: between begin() and end() it is looked at.
  class Visitor {
   public:
    Visitor(Taps& taps, unsigned worker) : taps_(taps), worker_(worker) {}

    void begin() {
      if (taps_.open_.load(std::memory_order_relaxed) != 0) enter();
    }
    void end() {
      if (open_ != 0) leave();
    }
    bool anyone() const { return open_ != 0; }
    bool anyone_for(Reason reason) const { return (wanted_ & TapFilter::bit(reason)) != 0; }
    void see(const Frame& frame, const Verdict& verdict, uint32_t length) {
      if (anyone_for(verdict.reason)) offer(frame, verdict, length);
    }
    // The transmit side would not take a frame that has been seen.
    void see_refused(const Frame& frame, Reason reason);

   private:
    void enter();
    void leave();
    void offer(const Frame& frame, const Verdict& verdict, uint32_t length);
    void hand_out(const TapRecord& record, std::span<const uint8_t> bytes);

    Taps& taps_;
    const unsigned worker_;
    uint32_t open_ = 0;    // a bit for each tap
    uint64_t wanted_ = 0;  // by all of them: TapFilter::reasons
  };

 private:
  struct Lane {  // of one worker to one watcher
    Lane(size_t ports, size_t size) : ring(size), lost(ports) {}
    ByteRing ring;
    std::vector<Counter> lost;  // by port
  };
  struct Tap {
    TapFilter filter;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<uint64_t> lost_before;  // by earlier watchers
    bool taken = false;
  };
  struct alignas(64) Presence {
    std::atomic<bool> inside = false;
  };

  std::vector<uint64_t> lost_ever(const Tap& tap) const;

  const unsigned workers_;
  const size_t ports_;
  std::array<Tap, kMost> taps_;
  std::vector<Presence> presence_;  // a worker's each
  std::mutex opening_;
  alignas(64) std::atomic<uint32_t> open_ = 0;
};

}  // namespace relaysieve
