// SPDX-License-Identifier: Apache-2.0
//
// A kernel interface as a port, through a packet socket (packet(7)). Not through DPDK's net_af_packet, which
// makes a bad wire: it has the kernel put IPv4 fragments together (PACKET_FANOUT_FLAG_DEFRAG), turns 802.1ad
// tags into 802.1Q ones, cuts long frames without a word, and reports frames that the kernel refused as sent.
// `vdev:net_af_packet0,iface=eth0` still opens that driver; tests/wire compares the two.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ports/counters.h"
#include "ports/environment.h"
#include "ports/interface.h"
#include "ports/port.h"

namespace relaysieve {
namespace {

// What may wait in the kernel. It counts a 60-byte frame as 768 bytes and sees both numbers doubled: some
// 20,000 frames in, and a NIC's whole ring out.
constexpr int kReceiveBuffer = 8 << 20;
constexpr int kSendBuffer = 2 << 20;
constexpr uint32_t kLongestFrame = kFrameBuffer - RTE_PKTMBUF_HEADROOM;
constexpr int kLongestMtu = kLongestFrame - 14 - 2 * 4;  // an Ethernet header and two tags come on top

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

class PacketPort final : public Port {
 public:
  PacketPort(std::unique_ptr<Interface> interface, int descriptor, rte_mempool* pool);
  ~PacketPort() override;
  absl::Status start(uint32_t mark) override;

  void receive(Burst& burst) override;
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override;
  int descriptor() const override { return descriptor_; }

  std::string_view driver() const override { return "af_packet"; }
  bool exists() const override { return interface_->exists(); }
  bool link() const override { return interface_->carrier(); }
  uint64_t missed() override;
  std::vector<std::string> changes() const override { return interface_->changes(); }
  uint64_t unfinished() const override { return unfinished_.get(); }

 private:
  absl::Status configure(uint32_t mark);
  void prepare(size_t slot, rte_mbuf* frame);
  rte_mbuf* take(size_t slot);

  std::unique_ptr<Interface> interface_;
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

PacketPort::PacketPort(std::unique_ptr<Interface> interface, int descriptor, rte_mempool* pool)
    : Port(interface->name()), interface_(std::move(interface)), descriptor_(descriptor), pool_(pool) {}

PacketPort::~PacketPort() {
  close(descriptor_);
  for (rte_mbuf* frame : empty_) rte_pktmbuf_free(frame);
}

absl::Status PacketPort::configure(uint32_t mark) {
  const auto set = [this](int level, int option, const auto& value) {
    return setsockopt(descriptor_, level, option, &value, sizeof value) == 0;
  };
  const int on = 1;
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = interface_->index();
  promiscuous.mr_type = PACKET_MR_PROMISC;  // ends with the socket
  const bool done =
      set(SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer) && set(SOL_SOCKET, SO_SNDBUFFORCE, kSendBuffer) &&
      set(SOL_SOCKET, SO_MARK, mark) &&
      set(SOL_PACKET, PACKET_AUXDATA, on) &&          // VLAN tags come beside the frame
      set(SOL_PACKET, PACKET_IGNORE_OUTGOING, on) &&  // not what the box itself sends here
      set(SOL_PACKET, PACKET_QDISC_BYPASS, on) &&     // in order, and refused when the device is full
      set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous);
  return done ? absl::OkStatus() : absl::ErrnoToStatus(errno, "the kernel refuses a socket option");
}

absl::Status PacketPort::start(uint32_t mark) {
  for (size_t slot = 0; slot < empty_.size(); ++slot) {
    rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
    if (frame == nullptr) return absl::ResourceExhaustedError("no memory for its frames");
    prepare(slot, frame);
  }
  if (absl::Status status = configure(mark); !status.ok()) return status;
  if (absl::Status status = interface_->stop_merging(); !status.ok()) return status;
  if (absl::Status status = interface_->bring_up(); !status.ok()) return status;

  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = interface_->index();
  if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return absl::ErrnoToStatus(errno, "cannot listen on it");
  return absl::OkStatus();
}

void PacketPort::prepare(size_t slot, rte_mbuf* frame) {
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
rte_mbuf* PacketPort::take(size_t slot) {
  rte_mbuf* frame = empty_[slot];
  frame->pkt_len = in_.messages[slot].msg_len;
  frame->data_len = static_cast<uint16_t>(frame->pkt_len);

  msghdr& message = in_.messages[slot].msg_hdr;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != PACKET_AUXDATA) return frame;
  tpacket_auxdata note;
  std::memcpy(&note, CMSG_DATA(header), sizeof note);
  if (note.tp_status & TP_STATUS_CSUMNOTREADY) unfinished_.add(1);
  if (note.tp_status & TP_STATUS_VLAN_VALID) {
    const uint16_t tag[] = {htons(note.tp_vlan_tpid), htons(note.tp_vlan_tci)};
    char* start = rte_pktmbuf_mtod(frame, char*) - sizeof tag;
    rte_pktmbuf_prepend(frame, sizeof tag);
    std::memmove(start, start + sizeof tag, 2 * ETH_ALEN);
    std::memcpy(start + 2 * ETH_ALEN, tag, sizeof tag);
  }
  return frame;
}

// The kernel gives the true length of a frame that did not fit: one that a host on this machine, or GRO, has made
// of several.
void PacketPort::receive(Burst& burst) {
  burst.size = 0;
  const int got = recvmmsg(descriptor_, in_.messages.data(), Burst::kSize, MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got <= 0) return;
  const Time now = std::chrono::steady_clock::now().time_since_epoch();
  for (size_t slot = 0; slot < static_cast<size_t>(got); ++slot) {
    rte_mbuf* fresh = rte_pktmbuf_alloc(pool_);
    if (fresh == nullptr || in_.messages[slot].msg_len > kLongestFrame) {
      lost_.add(1);
      rte_pktmbuf_free(fresh);
      fresh = empty_[slot];
    } else {
      burst.times[burst.size] = now;
      burst.frames[burst.size++] = take(slot);
    }
    prepare(slot, fresh);
  }
}

uint16_t PacketPort::transmit(rte_mbuf** frames, uint16_t count) {
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

uint64_t PacketPort::missed() {
  tpacket_stats since{};  // the kernel's counter starts anew with each reading
  socklen_t size = sizeof since;
  if (getsockopt(descriptor_, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0)
    overrun_.fetch_add(since.tp_drops, std::memory_order_relaxed);
  return overrun_.load(std::memory_order_relaxed) + lost_.get();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> open_packet_port(const std::string& name, rte_mempool* pool) {
  absl::StatusOr<std::unique_ptr<Interface>> interface = Interface::open(name);
  if (!interface.ok()) return interface.status();
  if (const int mtu = (*interface)->mtu(); mtu > kLongestMtu)
    return absl::OutOfRangeError(
        absl::StrCat("its MTU is ", mtu, ", and no more than ", kLongestMtu, " is carried"));
  const int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);  // deaf until it is bound
  if (descriptor < 0)
    return absl::PermissionDeniedError("not allowed: it takes root, or CAP_NET_RAW and CAP_NET_ADMIN");
  return std::make_unique<PacketPort>(*std::move(interface), descriptor, pool);
}

}  // namespace relaysieve
