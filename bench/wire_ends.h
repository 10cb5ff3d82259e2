// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ports/port.h"
#include "stream.h"

struct rte_mempool;
struct rte_ring;

namespace relaysieve::bench {

// Room for so many frames, in memory as dpdk_memory() has it.
class FramePool {
 public:
  explicit FramePool(size_t frames);
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  rte_mempool* get() const { return pool_; }
  // Writes these bytes into all of them: what net_null brings is what it finds.
  void fill(std::span<const uint8_t> bytes);

 private:
  rte_mempool* pool_;
};

// A DPDK port made of two rings (net_ring), and what is on its other side: frames are put in and taken out.
class RingEnd {
 public:
  RingEnd(FramePool& pool, size_t room);
  ~RingEnd();
  RingEnd(const RingEnd&) = delete;
  RingEnd& operator=(const RingEnd&) = delete;

  void put(std::span<const uint8_t> bytes);
  // Takes out and frees all that has come; calls look(bytes) for each frame.
  template <typename Look>
  void take(Look look) {
    for (rte_mbuf* frame = next(); frame != nullptr; frame = next()) {
      look(bytes_of(frame));
      release(frame);
    }
  }
  Queue& queue() { return port_->queue(0); }
  uint16_t id() const { return id_; }

 private:
  rte_mbuf* next();
  static std::span<const uint8_t> bytes_of(const rte_mbuf* frame);
  static void release(rte_mbuf* frame);

  FramePool& pool_;
  rte_ring *in_, *out_;
  uint16_t id_;
  std::unique_ptr<Port> port_;
};

// A DPDK port by its device arguments, without "vdev:" and with a name that is not taken yet in place of "%".
class DevicePort {
 public:
  DevicePort(FramePool& pool, const std::string& device);
  Queue& queue() { return port_->queue(0); }
  uint16_t id() const { return id_; }

 private:
  uint16_t id_;
  std::unique_ptr<Port> port_;
};

}  // namespace relaysieve::bench
