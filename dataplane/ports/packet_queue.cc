// SPDX-License-Identifier: Apache-2.0
#include "ports/packet_queue.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <rte_mbuf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "ports/checksum.h"

namespace relaysieve {
namespace {

static_assert(PacketQueue::kLongestFrame == kFrameBuffer - RTE_PKTMBUF_HEADROOM);

// What may wait in the kernel. It counts a 60-byte frame as 768 bytes and sees both numbers doubled: some
// 20,000 frames in, and a NIC's whole ring out.
constexpr int kReceiveBuffer = 8 << 20;
constexpr int kSendBuffer = 2 << 20;

template <typename Value>
bool set(int descriptor, int level, int option, const Value& value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PacketQueue>> PacketQueue::open(rte_mempool* pool) {
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);  // protocol 0: no frames
  if (descriptor < 0)
    return absl::PermissionDeniedError("not allowed: it takes root, or CAP_NET_RAW and CAP_NET_ADMIN");
  return std::unique_ptr<PacketQueue>(new PacketQueue(descriptor, pool));
}

PacketQueue::~PacketQueue() {
  close(descriptor_);
  for (rte_mbuf* frame : empty_) rte_pktmbuf_free(frame);
}

absl::Status PacketQueue::configure(int interface_index, uint32_t mark) {
  const int on = 1;
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = interface_index;
  promiscuous.mr_type = PACKET_MR_PROMISC;  // ends with the socket
  sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  const sock_fprog deaf{1, nothing};
  const bool done =
      set(descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer) &&
      set(descriptor_, SOL_SOCKET, SO_SNDBUFFORCE, kSendBuffer) &&
      set(descriptor_, SOL_SOCKET, SO_MARK, mark) && set(descriptor_, SOL_SOCKET, SO_ATTACH_FILTER, deaf) &&
      set(descriptor_, SOL_PACKET, PACKET_AUXDATA, on) &&          // VLAN tags come beside the frame
      set(descriptor_, SOL_PACKET, PACKET_IGNORE_OUTGOING, on) &&  // not what the box itself sends here
      set(descriptor_, SOL_PACKET, PACKET_QDISC_BYPASS,
          on) &&  // in order, and refused when the device is full
      set(descriptor_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous);
  return done ? absl::OkStatus() : absl::ErrnoToStatus(errno, "the kernel refuses a socket option");
}

absl::Status PacketQueue::listen(int interface_index, uint32_t mark) {
  for (size_t slot = 0; slot < empty_.size(); ++slot) {
    rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
    if (frame == nullptr) return absl::ResourceExhaustedError("no memory for its frames");
    prepare(slot, frame);
  }
  if (absl::Status status = configure(interface_index, mark); !status.ok()) return status;

  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = interface_index;
  if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return absl::ErrnoToStatus(errno, "cannot listen on it");
  return absl::OkStatus();
}

// By the kernel's symmetric flow hash: both directions of a conversation meet on one worker. Without
// PACKET_FANOUT_FLAG_DEFRAG, which would put fragments together; they hash by their addresses alone.
absl::StatusOr<uint16_t> PacketQueue::join(std::optional<uint16_t> group) {
  const uint32_t flags = group ? 0 : PACKET_FANOUT_FLAG_UNIQUEID;
  uint32_t fanout = (PACKET_FANOUT_HASH | flags) << 16 | group.value_or(0);
  socklen_t size = sizeof fanout;
  if (!set(descriptor_, SOL_PACKET, PACKET_FANOUT, fanout) ||
      getsockopt(descriptor_, SOL_PACKET, PACKET_FANOUT, &fanout, &size) != 0)
    return absl::ErrnoToStatus(errno, "its frames cannot be shared out");
  return static_cast<uint16_t>(fanout);
}

absl::Status PacketQueue::hear() {
  const int none = 0;
  if (set(descriptor_, SOL_SOCKET, SO_DETACH_FILTER, none)) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "it stays deaf");
}

void PacketQueue::prepare(size_t slot, rte_mbuf* frame) {
  empty_[slot] = frame;
  in_.pieces[slot][0] = {rte_pktmbuf_mtod(frame, void*), kLongestFrame};
  msghdr& message = in_.messages[slot].msg_hdr;
  message.msg_iov = in_.pieces[slot].data();
  message.msg_iovlen = 1;
  message.msg_control = notes_[slot].bytes;
  message.msg_controllen = sizeof(Note);
}

// The frame received into a slot. The kernel takes the outermost tag (8100, 88a8) off a frame and says in a
// note what it was; it is put back here.
rte_mbuf* PacketQueue::take(size_t slot) {
  rte_mbuf* frame = empty_[slot];
  frame->pkt_len = in_.messages[slot].msg_len;
  frame->data_len = static_cast<uint16_t>(frame->pkt_len);

  msghdr& message = in_.messages[slot].msg_hdr;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != PACKET_AUXDATA) return frame;
  tpacket_auxdata note;
  std::memcpy(&note, CMSG_DATA(header), sizeof note);
  const bool left = note.tp_status & TP_STATUS_CSUMNOTREADY;
  if (note.tp_status & TP_STATUS_VLAN_VALID) {
    const uint16_t tag[] = {htons(note.tp_vlan_tpid), htons(note.tp_vlan_tci)};
    char* start = rte_pktmbuf_mtod(frame, char*) - sizeof tag;
    rte_pktmbuf_prepend(frame, sizeof tag);
    std::memmove(start, start + sizeof tag, 2 * ETH_ALEN);
    std::memcpy(start + 2 * ETH_ALEN, tag, sizeof tag);
  }
  if (left && !finish_checksum(frame)) unfinished_.add(1);
  return frame;
}

// The kernel gives the true length of a frame that did not fit: one that a host on this machine, or GRO, has made
// of several.
void PacketQueue::receive(Burst& burst) {
  burst.size = 0;
  burst.timed = false;
  const int got = recvmmsg(descriptor_, in_.messages.data(), Burst::kSize, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got <= 0) return;
  for (size_t slot = 0; slot < static_cast<size_t>(got); ++slot) {
    rte_mbuf* fresh = rte_pktmbuf_alloc(pool_);
    if (fresh == nullptr || in_.messages[slot].msg_len > kLongestFrame) {
      lost_.add(1);
      rte_pktmbuf_free(fresh);
      fresh = empty_[slot];
    } else {
      burst.frames[burst.size++] = take(slot);
    }
    prepare(slot, fresh);
  }
}

uint16_t PacketQueue::transmit(rte_mbuf** frames, uint16_t count) {
  unsigned ready = 0;
  for (; ready < count && frames[ready]->nb_segs <= Batch::kPieces; ++ready) {
    iovec* piece = out_.pieces[ready].data();
    for (rte_mbuf* part = frames[ready]; part != nullptr; part = part->next)
      *piece++ = {rte_pktmbuf_mtod(part, void*), part->data_len};
    msghdr& message = out_.messages[ready].msg_hdr;
    message.msg_iov = out_.pieces[ready].data();
    message.msg_iovlen = frames[ready]->nb_segs;
  }
  const int sent = ready == 0 ? 0 : sendmmsg(descriptor_, out_.messages.data(), ready, MSG_DONTWAIT);
  if (sent <= 0) return 0;
  rte_pktmbuf_free_bulk(frames, static_cast<unsigned>(sent));
  return static_cast<uint16_t>(sent);
}

uint64_t PacketQueue::missed() {
  tpacket_stats since{};  // the kernel's counter starts anew with each reading
  socklen_t size = sizeof since;
  if (getsockopt(descriptor_, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0)
    overrun_.fetch_add(since.tp_drops, std::memory_order_relaxed);
  return overrun_.load(std::memory_order_relaxed) + lost_.get();
}

}  // namespace relaysieve
