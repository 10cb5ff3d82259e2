// SPDX-License-Identifier: Apache-2.0
#include "ports/xdp_queue.h"

#include <rte_mbuf.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "ports/checksum.h"
#include "ports/environment.h"

namespace relaysieve {
namespace {

// Frames that may wait: for a worker that has lost its processor for a while, and for a device that is busy.
constexpr uint32_t kIn = 4096;
constexpr uint32_t kOut = 512;
constexpr uint64_t kMemory = uint64_t{kIn + kOut} * XdpQueue::kChunk;  // 18 MiB
constexpr int kSocketBuffer = 4 << 20;  // frames that the device has not done with; it counts them twice

static_assert(XdpQueue::kLongestFrame <= kFrameBuffer - RTE_PKTMBUF_HEADROOM);

absl::Status refused(int error, const char* what) {
  if (error == EPERM)
    return absl::PermissionDeniedError("not allowed: it takes root, or CAP_NET_RAW and CAP_IPC_LOCK");
  return absl::ErrnoToStatus(error, what);
}

}  // namespace

absl::StatusOr<std::unique_ptr<XdpQueue>> XdpQueue::open(const std::string& interface, unsigned queue,
                                                         bool checksums_left, rte_mempool* pool) {
  std::unique_ptr<XdpQueue> made(new XdpQueue(checksums_left, pool));
  if (absl::Status status = made->bind(interface, queue); !status.ok()) return status;
  return made;
}

// The first kIn chunks of the memory are received into, the others sent from.
absl::Status XdpQueue::bind(const std::string& interface, unsigned queue) {
  void* memory =
      mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return absl::ResourceExhaustedError("no memory for its frames");
  memory_ = static_cast<char*>(memory);
  const xsk_umem_config shape{kIn, kOut, kChunk, 0, 0};
  if (int error = xsk_umem__create(&umem_, memory_, kMemory, &empty_, &done_, &shape); error != 0)
    return refused(-error, "the kernel does not share memory with it");

  for (uint32_t i = 0; i < kIn; ++i) read_.push_back(uint64_t{i} * kChunk);
  for (uint32_t i = kIn; i < kIn + kOut; ++i) free_.push_back(uint64_t{i} * kChunk);
  fill();

  xsk_socket_config how{};
  how.rx_size = kIn;
  how.tx_size = kOut;
  how.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
  how.bind_flags = XDP_COPY;
  if (int error = xsk_socket__create(&socket_, interface.c_str(), queue, umem_, &received_, &outgoing_, &how);
      error != 0)
    return refused(-error, "no AF_XDP socket on it");
  descriptor_ = xsk_socket__fd(socket_);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
  return absl::OkStatus();
}

XdpQueue::~XdpQueue() {
  if (socket_ != nullptr) xsk_socket__delete(socket_);
  if (umem_ != nullptr) xsk_umem__delete(umem_);
  if (memory_ != nullptr) munmap(memory_, kMemory);
}

// Gives chunks back to the kernel. It says which it has taken only after it has said what came in them; where a frame has
// been read in between, the ring has no room for its chunk yet, which waits.
void XdpQueue::fill() {
  uint32_t at = 0;
  const auto count = static_cast<uint32_t>(read_.size());
  if (count == 0 || xsk_ring_prod__reserve(&empty_, count, &at) != count) return;
  for (uint32_t i = 0; i < count; ++i) *xsk_ring_prod__fill_addr(&empty_, at + i) = read_[i];
  xsk_ring_prod__submit(&empty_, count);
  read_.clear();
}

void XdpQueue::receive(Burst& burst) {
  burst.size = 0;
  burst.timed = false;
  fill();
  uint32_t at = 0;
  const auto got = static_cast<uint16_t>(xsk_ring_cons__peek(&received_, Burst::kSize, &at));
  if (got == 0) return;
  if (rte_pktmbuf_alloc_bulk(pool_, burst.frames.data(), got) != 0) {
    xsk_ring_cons__cancel(&received_, got);  // they wait
    return;
  }
  for (uint16_t i = 0; i < got; ++i) {
    const xdp_desc* frame = xsk_ring_cons__rx_desc(&received_, at + i);
    std::memcpy(rte_pktmbuf_append(burst.frames[i], static_cast<uint16_t>(frame->len)), memory_ + frame->addr,
                frame->len);
    read_.push_back(frame->addr & ~uint64_t{kChunk - 1});
    if (checksums_left_) finish_checksum_if_left(burst.frames[i]);
  }
  xsk_ring_cons__release(&received_, got);
  fill();
  burst.size = got;
}

// Takes back the chunks whose frames are gone.
void XdpQueue::reclaim() {
  uint32_t at = 0;
  const uint32_t count = xsk_ring_cons__peek(&done_, kOut, &at);
  for (uint32_t i = 0; i < count; ++i) free_.push_back(*xsk_ring_cons__comp_addr(&done_, at + i));
  xsk_ring_cons__release(&done_, count);
}

// Puts a frame into the ring to the kernel.
void XdpQueue::post(const rte_mbuf* frame) {
  char* to = memory_ + free_.back();
  for (const rte_mbuf* part = frame; part != nullptr; part = part->next) {
    std::memcpy(to, rte_pktmbuf_mtod(part, const char*), part->data_len);
    to += part->data_len;
  }
  uint32_t at = 0;
  xsk_ring_prod__reserve(&outgoing_, 1, &at);  // there are no more chunks than places
  *xsk_ring_prod__tx_desc(&outgoing_, at) = {free_.back(), frame->pkt_len, 0};
  free_.pop_back();
  xsk_ring_prod__submit(&outgoing_, 1);
}

// Has the kernel send what is posted; the error.
int XdpQueue::kick() {
  const int error = sendto(descriptor_, nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 ? errno : 0;
  if (error == EBUSY) return error;  // taken, and refused by the device
  waiting_ = __atomic_load_n(outgoing_.consumer, __ATOMIC_ACQUIRE) != *outgoing_.producer;
  return error;
}

// The kernel has not looked at the ring: it never does while the interface is down.
void XdpQueue::take_back() {
  --outgoing_.cached_prod;
  __atomic_store_n(outgoing_.producer, outgoing_.cached_prod, __ATOMIC_RELEASE);
  free_.push_back(xsk_ring_prod__tx_desc(&outgoing_, outgoing_.cached_prod)->addr);
  waiting_ = false;
}

// One frame, one call: of several, the kernel does not say which one the device refused.
uint16_t XdpQueue::transmit(rte_mbuf** frames, uint16_t count) {
  if (waiting_) kick();
  uint16_t sent = 0;
  while (sent < count && !waiting_) {
    if (free_.empty()) reclaim();
    if (free_.empty() || frames[sent]->pkt_len > kChunk) break;
    post(frames[sent]);
    const int error = kick();
    if (error == EBUSY) break;
    if (error == ENETDOWN || error == ENXIO) {
      take_back();
      break;
    }
    rte_pktmbuf_free(frames[sent++]);  // gone, or the kernel will take it as soon as it can
  }
  return sent;
}

uint64_t XdpQueue::missed() const {
  xdp_statistics since{};
  socklen_t size = sizeof since;
  getsockopt(descriptor_, SOL_XDP, XDP_STATISTICS, &since, &size);
  return since.rx_dropped + since.rx_ring_full;  // too long or without a chunk; the worker was too slow
}

}  // namespace relaysieve
