// SPDX-License-Identifier: Apache-2.0
#include "ports/worker.h"

#include <poll.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include <chrono>
#include <thread>

namespace relaysieve {
namespace {

constexpr uint16_t kRoutersPort = 0;  // Frame::port
constexpr unsigned kTries = 64;       // to send a burst that the other side has no room for: some 50 us
constexpr unsigned kPatience = 64;    // empty rounds before the worker rests
constexpr int kLongestRest = 100;     // ms; how late it may notice that it is to stop

uint64_t bytes_of(const Burst& burst) {
  uint64_t bytes = 0;
  for (uint16_t i = 0; i < burst.size; ++i) bytes += burst.frames[i]->pkt_len;
  return bytes;
}

}  // namespace

Worker::Worker(Port& routers, Port& server, Filter& filter, Counters& counters)
    : routers_(routers), server_(server), filter_(filter), counters_(counters) {}

void Worker::run(const std::atomic<bool>& stop) {
  unsigned idle = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    idle = step() > 0 ? 0 : idle + 1;
    if (idle > kPatience) rest();
  }
}

size_t Worker::from_routers() {
  routers_.receive(in_);
  counters_.routers.rx_frames.add(in_.size);
  counters_.routers.rx_bytes.add(bytes_of(in_));

  for (uint16_t i = 0; i < in_.size; ++i) {
    const rte_mbuf* frame = in_.frames[i];
    // Of a frame in several pieces the first is looked at: 2 KB and more.
    frames_[i] = {
        {rte_pktmbuf_mtod(frame, const uint8_t*), frame->data_len}, in_.times[i], ++number_, kRoutersPort};
  }
  filter_.judge({frames_.data(), in_.size}, {verdicts_.data(), in_.size});

  uint16_t kept = 0;
  for (uint16_t i = 0; i < in_.size; ++i) {
    const Verdict& verdict = verdicts_[i];
    counters_.reasons[static_cast<size_t>(verdict.reason)].add(1);
    if (verdict.dropped()) {
      rte_pktmbuf_free(in_.frames[i]);
      continue;
    }
    in_.frames[kept] = in_.frames[i];
    passed_[kept++] = &verdict;
  }
  send(server_, counters_.server, in_.frames.data(), kept, [this](uint16_t i) { filter_.undo(*passed_[i]); });
  return in_.size;
}

size_t Worker::from_server() {
  server_.receive(in_);
  counters_.server.rx_frames.add(in_.size);
  counters_.server.rx_bytes.add(bytes_of(in_));
  counters_.reasons[static_cast<size_t>(Reason::server_side)].add(in_.size);
  send(routers_, counters_.routers, in_.frames.data(), in_.size, [](uint16_t) {});
  return in_.size;
}

// Sends frames, in order; `refused(i)` for each that the port would not take, the last one first: what they left
// in the memory is taken back in the order opposite to that in which it came there. The tries are for the burst,
// not for each frame: a wire that is cut must not cost more than one that is slow.
template <typename Refused>
void Worker::send(Port& port, PortCounters& count, rte_mbuf** frames, uint16_t size, Refused refused) {
  std::array<uint32_t, Burst::kSize> lengths;
  for (uint16_t i = 0; i < size; ++i) lengths[i] = frames[i]->pkt_len;

  std::array<uint16_t, Burst::kSize> left;
  uint16_t left_over = 0;
  unsigned tries = kTries;
  for (uint16_t next = 0; next < size;) {
    const uint16_t sent = port.transmit(frames + next, static_cast<uint16_t>(size - next));
    count.tx_frames.add(sent);
    for (const uint16_t end = next + sent; next < end; ++next) count.tx_bytes.add(lengths[next]);
    if (sent > 0 || next == size) continue;
    if (tries > 0) {
      --tries;
      rte_pause();
      continue;
    }
    left[left_over++] = next++;
  }
  count.refused.add(left_over);
  while (left_over > 0) {
    const uint16_t i = left[--left_over];
    refused(i);
    rte_pktmbuf_free(frames[i]);
  }
}

// Waits for frames: in the kernel if both ports can, else a moment, else not at all.
void Worker::rest() {
  if (routers_.spins() || server_.spins()) return rte_pause();
  pollfd both[] = {{routers_.descriptor(), POLLIN, 0}, {server_.descriptor(), POLLIN, 0}};
  if (both[0].fd < 0 || both[1].fd < 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  } else {
    poll(both, 2, kLongestRest);
  }
}

}  // namespace relaysieve
