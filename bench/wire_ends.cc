// SPDX-License-Identifier: Apache-2.0
#include "wire_ends.h"

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "peers/dpdk.h"

namespace relaysieve::bench {
namespace {

constexpr uint16_t kLongestFrame = 512;
constexpr unsigned kAtHand = 256;  // frames, as a worker's

std::string unused(const char* what) {
  static int serial = 0;  // DPDK never forgets a name
  return what + std::to_string(++serial);
}

template <typename T>
T* made(T* thing, const char* what) {
  if (thing == nullptr) throw std::runtime_error(std::string(what) + ": " + rte_strerror(rte_errno));
  return thing;
}

std::unique_ptr<Port> started(std::unique_ptr<Port> port) {
  if (const absl::Status status = port->start({}); !status.ok())
    throw std::runtime_error(port->name() + ": " + std::string(status.message()));
  return port;
}

rte_ring* ring(size_t room) {
  return made(
      rte_ring_create(unused("ring").c_str(), static_cast<unsigned>(room), dpdk_memory(), RING_F_EXACT_SZ),
      "no ring");
}

}  // namespace

FramePool::FramePool(size_t frames)
    : pool_(made(rte_pktmbuf_pool_create(unused("frames").c_str(), static_cast<unsigned>(frames), kAtHand, 0,
                                         RTE_PKTMBUF_HEADROOM + kLongestFrame, dpdk_memory()),
                 "no memory for frames")) {}
FramePool::~FramePool() { rte_mempool_free(pool_); }

void FramePool::fill(std::span<const uint8_t> bytes) {
  std::vector<rte_mbuf*> frames(rte_mempool_avail_count(pool_));
  for (rte_mbuf*& frame : frames) {
    frame = made(rte_pktmbuf_alloc(pool_), "no frame left");
    std::memcpy(rte_pktmbuf_mtod(frame, uint8_t*), bytes.data(), bytes.size());
  }
  rte_pktmbuf_free_bulk(frames.data(), static_cast<unsigned>(frames.size()));
}

RingEnd::RingEnd(FramePool& pool, size_t room) : pool_(pool), in_(ring(room)), out_(ring(room)) {
  const std::string name = unused("end");
  id_ = static_cast<uint16_t>(rte_eth_from_rings(name.c_str(), &in_, 1, &out_, 1, 0));
  port_ = started(adopt_ethdev_port(name, id_, pool.get()));
}

RingEnd::~RingEnd() {
  void* frame = nullptr;
  for (rte_ring* ring : {in_, out_})
    while (rte_ring_dequeue(ring, &frame) == 0) release(static_cast<rte_mbuf*>(frame));
  port_.reset();
  rte_ring_free(in_);
  rte_ring_free(out_);
}

void RingEnd::put(std::span<const uint8_t> bytes) {
  rte_mbuf* frame = made(rte_pktmbuf_alloc(pool_.get()), "no frame left");
  std::memcpy(rte_pktmbuf_append(frame, static_cast<uint16_t>(bytes.size())), bytes.data(), bytes.size());
  if (rte_ring_enqueue(in_, frame) != 0) throw std::runtime_error("no room in the ring");
}

rte_mbuf* RingEnd::next() {
  void* frame = nullptr;
  return rte_ring_dequeue(out_, &frame) == 0 ? static_cast<rte_mbuf*>(frame) : nullptr;
}

std::span<const uint8_t> RingEnd::bytes_of(const rte_mbuf* frame) {
  return {rte_pktmbuf_mtod(frame, const uint8_t*), frame->data_len};
}

void RingEnd::release(rte_mbuf* frame) { rte_pktmbuf_free(frame); }

DevicePort::DevicePort(FramePool& pool, const std::string& device) {
  const size_t comma = std::min(device.find(','), device.size());
  const std::string name = unused(device.substr(0, comma).c_str());
  auto port = open_ethdev_port(std::string(kVdev) + name + device.substr(comma), pool.get());
  if (!port.ok()) throw std::runtime_error(name + ": " + std::string(port.status().message()));
  port_ = started(*std::move(port));
  rte_eth_dev_get_port_by_name(name.c_str(), &id_);
}

}  // namespace relaysieve::bench
