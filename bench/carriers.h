// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "ports/port.h"
#include "ports/worker.h"
#include "requests.h"
#include "stream.h"

namespace relaysieve::bench {

// One end of what carries frames between two ports, both ways.
struct Side {
  Queue* queue;
  uint16_t id;  // DPDK's
};

// A port whose frames come at the stream's time, not at the clock's; the clock is read all the same, once a burst, as a
// worker does it for a port without times.
class Timed final : public Queue {
 public:
  explicit Timed(Queue& behind) : behind_(behind) {}
  std::deque<Time> times;  // of the bursts to come
  Time latest{};           // of the latest burst that came
  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override { return behind_.transmit(frames, count); }

 private:
  Queue& behind_;
};

// Our own worker.
class Ours {
 public:
  static constexpr bool kJudges = true;

  Ours(Side routers, Side server, const Filter& filter, Worker::Place place = {});
  size_t step() { return worker_.step(); }
  Totals totals() const;

 private:
  PolicyFeed feed_{std::make_shared<const Policy>()};
  Counters counters_{2};
  Census census_;
  Taps taps_;
  Worker worker_;
};

// What testpmd's forward mode `io` does: a burst from one port is sent by the other; what finds no room is freed. In its
// mode `macswap` the two MAC addresses of each frame are exchanged as well.
template <bool kSwap>
class Plain {
 public:
  static constexpr bool kJudges = false;

  Plain(Side routers, Side server, const Filter&, Worker::Place = {})
      : routers_(routers.id), server_(server.id) {}
  size_t step() { return carry(routers_, server_) + carry(server_, routers_); }

 private:
  static size_t carry(uint16_t from, uint16_t to);
  uint16_t routers_, server_;
};
using Io = Plain<false>;
using Macswap = Plain<true>;

}  // namespace relaysieve::bench
