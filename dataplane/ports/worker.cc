// SPDX-License-Identifier: Apache-2.0
#include "ports/worker.h"

#include <rte_mbuf.h>
#include <rte_pause.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

#include "bootp_frame.h"

namespace relaysieve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kTries = 64;  // to send a burst that the other side has no room for: some 50 us
// How long nothing has to come before the worker rests. Waking up costs a frame as much as crossing the box does (15
// us); so at 1,000 frames a second it is still awake. bench/idle measures it.
constexpr auto kPatience = std::chrono::milliseconds(2);
constexpr unsigned kRoundsUnread = 32;  // busy ones in a row without a look at the clock
constexpr int kLongestRest = 100;       // ms; how late it may notice that it is to stop, or a new policy

const uint8_t* destination_of(const rte_mbuf* frame) { return rte_pktmbuf_mtod(frame, const uint8_t*); }
const uint8_t* source_of(const rte_mbuf* frame) { return destination_of(frame) + 6; }
// Of a frame in several pieces the first: 2 KB and more.
std::span<const uint8_t> bytes_of(const rte_mbuf* frame) { return {destination_of(frame), frame->data_len}; }

}  // namespace

Worker::Worker(Place place, std::vector<Wire> wires, Filter filter, const PolicyFeed& feed,
               Counters& counters, Census& census, Taps& taps)
    : wires_(std::move(wires)),
      filter_(std::move(filter)),
      feed_(feed),
      counters_(counters),
      census_(census),
      taps_(taps, place.index),
      stride_(place.workers),
      number_(place.index),
      rests_(!place.polls) {
  bool all = true;
  const auto look_at = [&](const Queue& queue) {
    rests_ = rests_ && !queue.spins();
    all = all && queue.descriptor() >= 0;
    descriptors_.push_back({queue.descriptor(), POLLIN, 0});
  };
  for (const Wire& wire : wires_) {
    for (const Cable& cable : wire.routers) look_at(*cable.queue);
    look_at(*wire.server.queue);
  }
  if (!all) descriptors_.clear();
}

void Worker::run(const std::atomic<bool>& stop) {
  Clock::time_point read = Clock::now(), worked = read;
  unsigned unread = 0;  // busy rounds since the clock was read
  for (; !stop.load(std::memory_order_relaxed); counters_.rounds.add(1)) {
    adopt_policy();
    const bool busy = step() > 0;
    counters_.busy.add(busy);
    if (busy && ++unread < kRoundsUnread) continue;
    const Clock::time_point now = Clock::now();
    if (unread > 0) {
      counters_.busy_ns.add(static_cast<uint64_t>((now - read).count()));
      worked = now;
      unread = 0;
    }
    read = now;
    if (now - worked <= kPatience) continue;
    rest();
    read = Clock::now();
  }
}

void Worker::adopt_policy() {
  if (feed_.edition() == edition_) return;
  edition_ = feed_.edition();
  filter_.adopt(feed_.policy());
}

size_t Worker::step() {
  size_t frames = 0;
  taps_.begin();
  for (Wire& wire : wires_) {
    for (const Cable& cable : wire.routers) frames += from_routers(wire, cable);
    frames += from_server(wire);
  }
  taps_.end();
  return frames;
}

void Worker::receive(const Cable& cable) {
  cable.queue->receive(in_);
  if (in_.size == 0) return;
  uint64_t bytes = 0;
  for (uint16_t i = 0; i < in_.size; ++i) bytes += in_.frames[i]->pkt_len;
  counters_.ports[cable.port].rx_frames.add(in_.size);
  counters_.ports[cable.port].rx_bytes.add(bytes);
}

size_t Worker::from_routers(Wire& wire, const Cable& cable) {
  receive(cable);
  const size_t came = in_.size;
  if (came == 0) return 0;
  if (wire.junction != nullptr) drop_looped(wire, cable);
  judge(cable);
  send_survivors(wire.server);
  return came;
}

size_t Worker::from_server(Wire& wire) {
  receive(wire.server);
  if (in_.size == 0) return 0;
  count(Reason::server_side, in_.size);
  if (taps_.anyone_for(Reason::server_side)) show_replies(wire.server);
  const Mask refused = wire.junction == nullptr
                           ? send(wire.routers.front(), in_.frames.data(), in_.size, kTries)
                           : spread(wire);
  if (taps_.anyone_for(Reason::server_side))
    for (Mask left = refused; left != 0; left &= left - 1)
      taps_.see_refused(frames_[std::countr_zero(left)], Reason::server_side);
  counters_.refused.add(std::popcount(refused));
  counters_.forwarded.add(in_.size - std::popcount(refused));
  return in_.size;
}

// Each frame of the routers' side once, while its bytes are there, with what is final.
void Worker::witness(uint16_t i) {
  census_.note(frames_[i], verdicts_[i]);
  taps_.see(frames_[i], verdicts_[i], in_.frames[i]->pkt_len);
}

void Worker::show_replies(const Cable& server) {
  for (uint16_t i = 0; i < in_.size; ++i) {
    const rte_mbuf* frame = in_.frames[i];
    frames_[i] = {bytes_of(frame), in_.times[i], number_ += stride_, server.port};
    const auto found = find_bootp(frames_[i].bytes);
    if (!found || !found->reply) continue;
    taps_.see(frames_[i], {.reason = Reason::server_side, .undo = {}}, frame->pkt_len);
  }
}

// Learns where senders are, and takes out of the burst what has been here already.
void Worker::drop_looped(Wire& wire, const Cable& cable) {
  uint16_t kept = 0;
  for (uint16_t i = 0; i < in_.size; ++i) {
    rte_mbuf* frame = in_.frames[i];
    const Time now = in_.times[i];
    const auto heard = wire.junction->stations.find(source_of(frame), now);
    const bool known_behind = heard && *heard == wire.server.port;  // spares all others the hash
    if (known_behind && wire.junction->loops.came_round(bytes_of(frame), now)) {
      count(Reason::looped);
      taps_.see({bytes_of(frame), now, number_ += stride_, cable.port},
                {.action = Action::drop, .reason = Reason::looped, .undo = {}}, frame->pkt_len);
      rte_pktmbuf_free(frame);
      continue;
    }
    wire.junction->stations.hear(source_of(frame), cable.port, now);
    in_.times[kept] = now;
    in_.frames[kept++] = frame;
  }
  in_.size = kept;
}

void Worker::judge(const Cable& cable) {
  for (uint16_t i = 0; i < in_.size; ++i) {
    const rte_mbuf* frame = in_.frames[i];
    frames_[i] = {bytes_of(frame), in_.times[i], number_ += stride_, cable.port};
  }
  filter_.judge({frames_.data(), in_.size}, {verdicts_.data(), in_.size});
}

// Sends on what was not dropped, and counts the reasons once they are final.
void Worker::send_survivors(const Cable& server) {
  std::array<rte_mbuf*, Burst::kSize> passed;
  std::array<uint16_t, Burst::kSize> place;  // in the burst
  uint16_t kept = 0;
  for (uint16_t i = 0; i < in_.size; ++i) {
    if (verdicts_[i].dropped()) continue;
    witness(i);  // as long as there is a frame to look at
    passed[kept] = in_.frames[i];
    place[kept++] = i;
  }
  Mask refused = 0;
  for (Mask left = send(server, passed.data(), kept, kTries); left != 0; left &= left - 1)
    refused |= Mask{1} << place[std::countr_zero(left)];
  counters_.forwarded.add(kept - std::popcount(refused));
  if (refused != 0) take_back(server, refused);

  for (uint16_t i = 0; i < in_.size; ++i) {
    count(verdicts_[i].reason);
    counters_.evicted.add(verdicts_[i].evicted);
    counters_.recalled.add(verdicts_[i].recalled);
    if (!verdicts_[i].dropped()) continue;
    witness(i);
    rte_pktmbuf_free(in_.frames[i]);
  }
}

// What the server's port would not take has never been delivered: it leaves no trace in the memory, the latest
// undone first, and copies that were dropped in the same burst on its account are judged again.
void Worker::take_back(const Cable& server, Mask refused) {
  std::array<uint64_t, Burst::kSize> gone;
  size_t count = 0;
  const auto forget = [&](uint16_t i) {
    filter_.undo(verdicts_[i]);
    gone[count++] = frames_[i].number;
    taps_.see_refused(frames_[i], verdicts_[i].reason);
    counters_.refused.add(1);
  };
  for (; refused != 0; refused &= ~std::bit_floor(refused))
    forget(static_cast<uint16_t>(std::bit_width(refused) - 1));

  for (uint16_t i = 0; i < in_.size; ++i) {
    if (!verdicts_[i].dropped() || !verdicts_[i].has_first) continue;
    if (std::find(gone.begin(), gone.begin() + count, verdicts_[i].first_number) == gone.begin() + count)
      continue;
    verdicts_[i] = filter_.judge(frames_[i]);
    if (verdicts_[i].dropped()) continue;
    witness(i);
    if (send(server, &in_.frames[i], 1, /*tries=*/0) == 0) {
      counters_.forwarded.add(1);
    } else {
      forget(i);
    }
  }
}

// Sends each frame of the server's side by the cable where its destination was heard last, or by all of them.
// Returns those that left by none.
Worker::Mask Worker::spread(Wire& wire) {
  constexpr int kAll = -1;
  std::array<int, Burst::kSize> target;  // port
  const auto cables = static_cast<int16_t>(wire.routers.size());
  for (uint16_t i = 0; i < in_.size; ++i) {
    rte_mbuf* frame = in_.frames[i];
    wire.junction->stations.hear(source_of(frame), wire.server.port, in_.times[i]);
    wire.junction->loops.sent(bytes_of(frame), in_.times[i]);
    const auto heard = wire.junction->stations.find(destination_of(frame), in_.times[i]);
    target[i] = heard && *heard != wire.server.port ? *heard : kAll;
    if (target[i] != kAll) continue;
    rte_pktmbuf_refcnt_update(frame, static_cast<int16_t>(cables - 1));
    counters_.extra.add(cables - 1);
  }

  Mask left_by_some = 0;
  for (const Cable& cable : wire.routers) {
    std::array<rte_mbuf*, Burst::kSize> frames;
    std::array<uint16_t, Burst::kSize> place;
    uint16_t size = 0;
    for (uint16_t i = 0; i < in_.size; ++i) {
      if (target[i] != kAll && target[i] != cable.port) continue;
      frames[size] = in_.frames[i];
      place[size++] = i;
    }
    const Mask refused = send(cable, frames.data(), size, kTries);
    for (uint16_t n = 0; n < size; ++n)
      if ((refused >> n & 1) == 0) left_by_some |= Mask{1} << place[n];
  }
  const Mask all = in_.size == Burst::kSize ? ~Mask{0} : (Mask{1} << in_.size) - 1;
  return all & ~left_by_some;
}

// Sends frames, in order. Returns, and frees, those that the port would not take. The tries are for the burst,
// not for each frame: a wire that is cut must not cost more than one that is slow.
Worker::Mask Worker::send(const Cable& cable, rte_mbuf** frames, uint16_t size, unsigned tries) {
  PortCounters& port = counters_.ports[cable.port];
  std::array<uint32_t, Burst::kSize> lengths;
  for (uint16_t i = 0; i < size; ++i) lengths[i] = frames[i]->pkt_len;

  Mask refused = 0;
  for (uint16_t next = 0; next < size;) {
    const uint16_t sent = cable.queue->transmit(frames + next, static_cast<uint16_t>(size - next));
    port.tx_frames.add(sent);
    for (const uint16_t end = next + sent; next < end; ++next) port.tx_bytes.add(lengths[next]);
    if (sent > 0 || next == size) continue;
    if (tries > 0) {
      --tries;
      rte_pause();
      continue;
    }
    port.refused.add(1);
    refused |= Mask{1} << next;
    rte_pktmbuf_free(frames[next++]);
  }
  return refused;
}

// Waits for frames: in the kernel if all queues can, else a moment, else not at all.
void Worker::rest() {
  if (!rests_) return rte_pause();
  if (descriptors_.empty()) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  } else {
    poll(descriptors_.data(), descriptors_.size(), kLongestRest);
  }
  counters_.wakeups.add(1);
}

}  // namespace relaysieve
