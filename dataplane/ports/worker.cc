// SPDX-License-Identifier: Apache-2.0
#include "ports/worker.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <bit>
#include <chrono>

#include "dhcp_frame.h"
#include "glimpse.h"
#include "ports/frame_bytes.h"

namespace relaysieve {
namespace {

using Clock = std::chrono::steady_clock;

// How long nothing has to come before the worker rests. Waking up costs a frame as much as crossing the box does (15
// us); so at 1,000 frames a second it is still awake. bench/idle measures it.
constexpr auto kPatience = std::chrono::milliseconds(2);
constexpr unsigned kRoundsUnread = 32;  // busy ones in a row without a look at the clock

Reason unasked(const Policy& policy) {
  return policy.mode == Mode::bypass ? Reason::bypassed : Reason::not_dhcp;
}

}  // namespace

Worker::Worker(Place place, std::vector<Wire> wires, Filter filter, const PolicyFeed& feed,
               Counters& counters, Census& census, Taps& taps)
    : wires_(std::move(wires)),
      filter_(std::move(filter)),
      feed_(feed),
      counters_(counters),
      census_(census),
      taps_(taps, place.index),
      rest_(wires_, place.polls),
      stride_(place.workers),
      number_(place.index),
      unasked_(unasked(filter_.policy())) {}

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
    rest_.take(counters_.wakeups);
    read = Clock::now();
  }
}

void Worker::adopt_policy() {
  if (feed_.edition() == edition_) return;
  edition_ = feed_.edition();
  filter_.adopt(feed_.policy());
  unasked_ = unasked(filter_.policy());
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

size_t Worker::from_routers(Wire& wire, const Cable& cable) {
  receive(cable);
  const size_t came = in_.size;
  if (came == 0) return 0;
  if (wire.junction != nullptr) drop_looped(wire, cable);
  pick_requests();
  Mask dropped = judge(cable);
  witness(~dropped);
  const Mask refused = pass_on(wire.server, dropped);
  if (refused != 0) dropped &= ~take_back(wire.server, refused);
  if (dropped != 0) bury(dropped);
  return came;
}

size_t Worker::from_server(Wire& wire) {
  receive(wire.server);
  if (in_.size == 0) return 0;
  count(Reason::server_side, in_.size);
  const bool shown = taps_.anyone_for(Reason::server_side);
  if (shown) show_replies(wire.server);
  const Mask refused = wire.junction == nullptr
                           ? send(wire.routers.front(), {in_.frames.data(), in_.size}, bytes_)
                           : spread(wire);
  for (Mask left = shown ? refused : 0; left != 0; left &= left - 1)
    taps_.see_refused(frames_[std::countr_zero(left)], Reason::server_side);
  counters_.refused.add(std::popcount(refused));
  counters_.forwarded.add(in_.size - std::popcount(refused));
  return in_.size;
}

void Worker::receive(const Cable& cable) {
  cable.queue->receive(in_);
  if (in_.size == 0) return;
  bytes_ = 0;
  for (uint16_t i = 0; i < in_.size; ++i) bytes_ += in_.frames[i]->pkt_len;
  counters_.ports[cable.port].rx_frames.add(in_.size);
  counters_.ports[cable.port].rx_bytes.add(bytes_);
}

// Most bursts need no time, and the clock costs as much as four frames.
void Worker::stamp() {
  if (in_.timed) return;
  std::fill_n(in_.times.begin(), in_.size, Clock::now().time_since_epoch());
  in_.timed = true;
}

// All that a glimpse does not tell from a request; or all that there are, if somebody wants to see the others too.
void Worker::pick_requests() {
  uint16_t picked = 0;
  if (taps_.anyone_for(unasked_)) {
    for (; picked < in_.size; ++picked) place_[picked] = picked;
  } else if (unasked_ != Reason::bypassed) {
    for (uint16_t i = 0; i < in_.size; ++i) {
      place_[picked] = i;
      picked += !plainly_not_dhcp(bytes_of(in_.frames[i]));
    }
  }
  judged_ = picked;
}

// Returns who is to be dropped.
Worker::Mask Worker::judge(const Cable& cable) {
  count(unasked_, in_.size - judged_);
  if (judged_ == 0) return 0;
  stamp();
  uint64_t number = number_;
  for (uint16_t n = 0, end = judged_; n < end; ++n) {
    const uint16_t i = place_[n];
    Frame& frame =
        frames_[n];  // field by field: gcc 12 would put a Frame together elsewhere and wait for its words
    frame.bytes = bytes_of(in_.frames[i]);
    frame.time = in_.times[i];
    frame.number = number += stride_;
    frame.port = cable.port;
  }
  number_ = number;
  filter_.judge({frames_.data(), judged_}, {verdicts_.data(), judged_});
  Mask dropped = 0;
  for (uint16_t n = 0, end = judged_; n < end; ++n) dropped |= Mask{verdicts_[n].dropped()} << place_[n];
  return dropped;
}

// Each judged frame once, while its bytes are there, with what is final.
void Worker::witness(Mask which) {
  const bool shown = taps_.anyone();
  for (uint16_t n = 0, end = judged_; n < end; ++n) {
    if ((which >> place_[n] & 1) == 0) continue;
    const Verdict& verdict = verdicts_[n];
    count(verdict);
    if (verdict.evicted) counters_.evicted.add(1);
    if (verdict.recalled) counters_.recalled.add(1);
    census_.note(frames_[n], verdict);
    if (shown) taps_.see(frames_[n], verdict, in_.frames[place_[n]]->pkt_len);
  }
}

// Sends what is not dropped. Returns what the port refused.
Worker::Mask Worker::pass_on(const Cable& server, Mask dropped) {
  std::array<rte_mbuf*, Burst::kSize> passed;
  std::array<uint16_t, Burst::kSize> place;
  std::span<rte_mbuf*> frames{in_.frames.data(), in_.size};
  uint64_t bytes = bytes_;
  if (dropped != 0) {
    uint16_t kept = 0;
    for (uint16_t i = 0; i < in_.size; ++i) {
      passed[kept] = in_.frames[i];
      place[kept] = i;
      if (dropped >> i & 1)
        bytes -= in_.frames[i]->pkt_len;
      else
        ++kept;
    }
    frames = {passed.data(), kept};
  }
  Mask refused = send(server, frames, bytes);
  counters_.forwarded.add(frames.size() - std::popcount(refused));
  if (dropped == 0 || refused == 0) return refused;
  Mask in_burst = 0;
  for (; refused != 0; refused &= refused - 1) in_burst |= Mask{1} << place[std::countr_zero(refused)];
  return in_burst;
}

void Worker::bury(Mask dropped) {
  witness(dropped);
  for (; dropped != 0; dropped &= dropped - 1) rte_pktmbuf_free(in_.frames[std::countr_zero(dropped)]);
}

void Worker::show_replies(const Cable& server) {
  stamp();
  for (uint16_t i = 0; i < in_.size; ++i) {
    const rte_mbuf* frame = in_.frames[i];
    frames_[i] = {bytes_of(frame), in_.times[i], number_ += stride_, server.port};
    const auto found = find_dhcp(frames_[i].bytes);
    if (!found || !found->reply) continue;
    taps_.see(frames_[i], {.reason = Reason::server_side, .undo = {}}, frame->pkt_len);
  }
}

Worker::Mask Worker::send(const Cable& cable, std::span<rte_mbuf*> frames, uint64_t bytes, unsigned tries) {
  return relaysieve::send(*cable.queue, frames, bytes, counters_.ports[cable.port], tries);
}

}  // namespace relaysieve
