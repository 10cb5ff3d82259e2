// SPDX-License-Identifier: Apache-2.0
#include "ports/watch_point.h"

#include <dlfcn.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ports/environment.h"

namespace relaysieve {
namespace {

// Which threads are at somebody's callbacks, by their number (number_thread).
struct alignas(64) AtCallbacks {
  std::atomic<bool> now = false;
};
std::array<AtCallbacks, RTE_MAX_LCORE> at_callbacks;

// pdump takes callbacks away and tells the tool so, which gives back the memory that they write to; DPDK 22.11 does
// not ask whether a worker is still at it. So nobody is told before every worker has left. Only a worker that stands
// still is not waited for.
void wait_until_all_have_left() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  for (const AtCallbacks& thread : at_callbacks)
    while (thread.now.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
}

// A function of DPDK's that one of ours stands before.
template <typename Function>
Function* behind(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

class WatchedQueue final : public Queue {
 public:
  WatchedQueue(Queue& queue, uint16_t device, uint16_t number)
      : queue_(queue), device_(device), number_(number) {}

  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override;
  int descriptor() const override { return queue_.descriptor(); }
  bool spins() const override { return queue_.spins(); }

 private:
  // Who watches: what rte_eth_rx_burst() and rte_eth_tx_burst() look for after and before their driver.
  bool watched(const rte_ethdev_qdata& queues) const {
    return __atomic_load_n(&queues.clbk[number_], __ATOMIC_RELAXED) != nullptr;
  }
  // The same, looked up and used while they cannot go.
  template <typename Use>
  void with_watchers(const rte_ethdev_qdata& queues, Use use) const {
    std::atomic<bool>& here = at_callbacks[rte_lcore_id() % RTE_MAX_LCORE].now;
    here.store(true, std::memory_order_seq_cst);
    if (void* all = __atomic_load_n(&queues.clbk[number_], __ATOMIC_SEQ_CST); all != nullptr) use(all);
    here.store(false, std::memory_order_release);
  }

  Queue& queue_;
  uint16_t device_;
  uint16_t number_;
};

void WatchedQueue::receive(Burst& burst) {
  queue_.receive(burst);
  const rte_ethdev_qdata& queues = rte_eth_fp_ops[device_].rxq;
  if (burst.size == 0 || !watched(queues)) return;
  with_watchers(queues, [&](void* all) {
    rte_eth_call_rx_callbacks(device_, number_, burst.frames.data(), burst.size, Burst::kSize, all);
  });
}

// Shown is what has gone out, not what was tried: so it is held until that is known.
uint16_t WatchedQueue::transmit(rte_mbuf** frames, uint16_t count) {
  const rte_ethdev_qdata& queues = rte_eth_fp_ops[device_].txq;
  if (!watched(queues) || count > Burst::kSize) return queue_.transmit(frames, count);
  std::array<rte_mbuf*, Burst::kSize> held;
  std::copy_n(frames, count, held.begin());
  for (uint16_t i = 0; i < count; ++i) rte_pktmbuf_refcnt_update(held[i], 1);
  const uint16_t sent = queue_.transmit(frames, count);
  if (sent > 0)
    with_watchers(queues,
                  [&](void* all) { rte_eth_call_tx_callbacks(device_, number_, held.data(), sent, all); });
  rte_pktmbuf_free_bulk(held.data(), count);
  return sent;
}

absl::Status failed(int error) { return absl::InternalError(rte_strerror(-error)); }

}  // namespace

absl::StatusOr<std::unique_ptr<WatchPoint>> WatchPoint::make(Port& port, unsigned queues, rte_mempool* pool) {
  rte_ring* ring = rte_ring_create(absl::StrCat("watch_", port.name()).c_str(), 2, SOCKET_ID_ANY, 0);
  if (ring == nullptr) return failed(-rte_errno);
  auto made = std::unique_ptr<WatchPoint>(new WatchPoint(ring));
  if (absl::Status status = made->start(port, queues, pool); !status.ok()) return status;
  return made;
}

absl::Status WatchPoint::start(Port& port, unsigned queues, rte_mempool* pool) {
  // More workers than the driver has queues share them: callbacks do not mind.
  const auto count = static_cast<uint16_t>(std::min<unsigned>(queues, RTE_PMD_RING_MAX_RX_RINGS));
  const std::vector<rte_ring*> rings(count, ring_);
  device_ = rte_eth_from_rings(port.name().c_str(), rings.data(), count, rings.data(), count, 0);
  if (device_ < 0) return failed(-rte_errno);

  const auto device = static_cast<uint16_t>(device_);
  const rte_eth_conf usual{};
  if (int error = rte_eth_dev_configure(device, count, count, &usual); error != 0) return failed(error);
  for (uint16_t i = 0; i < count; ++i) {
    int error = rte_eth_rx_queue_setup(device, i, 0, SOCKET_ID_ANY, nullptr, pool);
    if (error == 0) error = rte_eth_tx_queue_setup(device, i, 0, SOCKET_ID_ANY, nullptr);
    if (error != 0) return failed(error);
  }
  if (int error = rte_eth_dev_start(device); error != 0) return failed(error);
  for (unsigned i = 0; i < queues; ++i)
    queues_.push_back(
        std::make_unique<WatchedQueue>(port.queue(i), device, static_cast<uint16_t>(i % count)));
  return absl::OkStatus();
}

WatchPoint::~WatchPoint() {
  if (device_ >= 0) {
    rte_eth_dev_stop(static_cast<uint16_t>(device_));
    rte_eth_dev_close(static_cast<uint16_t>(device_));
  }
  rte_ring_free(ring_);
}

}  // namespace relaysieve

// librte_pdump finds these before those of librte_ethdev, which they call.
extern "C" int rte_eth_remove_rx_callback(uint16_t port_id, uint16_t queue_id,
                                          const rte_eth_rxtx_callback* user_cb) {
  static auto* const remove =
      relaysieve::behind<decltype(rte_eth_remove_rx_callback)>("rte_eth_remove_rx_callback");
  const int error = remove(port_id, queue_id, user_cb);
  relaysieve::wait_until_all_have_left();
  return error;
}

extern "C" int rte_eth_remove_tx_callback(uint16_t port_id, uint16_t queue_id,
                                          const rte_eth_rxtx_callback* user_cb) {
  static auto* const remove =
      relaysieve::behind<decltype(rte_eth_remove_tx_callback)>("rte_eth_remove_tx_callback");
  const int error = remove(port_id, queue_id, user_cb);
  relaysieve::wait_until_all_have_left();
  return error;
}
