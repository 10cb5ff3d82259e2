// SPDX-License-Identifier: Apache-2.0
// The worker between two DPDK ports made of rings: whole bursts, a transmit side without room, frames in pieces.
#include "ports/worker.h"

#include <gtest/gtest.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bootp_frame.h"
#include "ports/environment.h"
#include "support/clients.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

constexpr unsigned kLong = 1024;

rte_mempool* pool() {
  static const auto environment = Environment::start({"vdev:net_ring_a", "vdev:net_ring_b"}, 2);
  return environment.value().pool("vdev:net_ring_a");
}

// A port and what is on its other side.
struct End {
  End(const std::string& name, unsigned room)
      : in(rte_ring_create((name + "_in").c_str(), kLong, SOCKET_ID_ANY, RING_F_EXACT_SZ)),
        out(rte_ring_create((name + "_out").c_str(), room, SOCKET_ID_ANY, RING_F_EXACT_SZ)) {
    const int id = rte_eth_from_rings(name.c_str(), &in, 1, &out, 1, 0);
    port = adopt_ethdev_port(name, static_cast<uint16_t>(id), pool());
    EXPECT_TRUE(port->start({}).ok());
  }
  ~End() {
    port.reset();
    rte_ring_free(in);
    rte_ring_free(out);
  }

  // Comes in; in pieces of `piece` bytes.
  void put(const Bytes& bytes, size_t piece = SIZE_MAX) {
    rte_mbuf* whole = nullptr;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      rte_mbuf* part = rte_pktmbuf_alloc(pool());
      const size_t size = std::min(piece, bytes.size() - at);
      std::memcpy(rte_pktmbuf_append(part, static_cast<uint16_t>(size)), bytes.data() + at, size);
      if (whole == nullptr) {
        whole = part;
      } else {
        rte_pktmbuf_chain(whole, part);
      }
      if (piece == SIZE_MAX) break;
    }
    ASSERT_EQ(rte_ring_enqueue(in, whole), 0);
  }

  // All that went out.
  std::vector<Bytes> take() {
    std::vector<Bytes> frames;
    void* element = nullptr;
    while (rte_ring_dequeue(out, &element) == 0) {
      auto* frame = static_cast<rte_mbuf*>(element);
      Bytes bytes(frame->pkt_len);
      const void* data = rte_pktmbuf_read(frame, 0, frame->pkt_len, bytes.data());
      if (data != bytes.data()) std::memcpy(bytes.data(), data, bytes.size());
      frames.push_back(std::move(bytes));
      rte_pktmbuf_free(frame);
    }
    return frames;
  }

  rte_ring* in;
  rte_ring* out;
  std::unique_ptr<Port> port;
};

// A queue that refuses frames of one kind, and takes what comes after them.
struct Moody : Queue {
  explicit Moody(Queue& queue) : behind(queue) {}
  void receive(Burst& burst) override { behind.receive(burst); }
  uint16_t transmit(rte_mbuf** frames, uint16_t count) override {
    uint16_t next = 0;
    while (next < count && !refuses(frames[next])) ++next;
    return next == 0 ? 0 : behind.transmit(frames, next);
  }
  bool refuses(const rte_mbuf* frame) const {
    return frame->pkt_len == refuse.size() &&
           std::memcmp(rte_pktmbuf_mtod(frame, const void*), refuse.data(), refuse.size()) == 0;
  }

  Queue& behind;
  Bytes refuse;
};

Policy patient() {
  Policy policy;
  policy.window = std::chrono::seconds(5);  // the clock is real, and the machine may be slow
  return policy;
}

class WorkerTest : public testing::Test {
 protected:
  void open(unsigned room_to_server = kLong, unsigned room_to_routers = kLong, size_t cables = 1) {
    static int serial = 0;
    const std::string name = "wire" + std::to_string(++serial);  // DPDK never forgets a name
    before_ = rte_mempool_in_use_count(pool());
    Wire wire;
    for (size_t i = 0; i < cables; ++i) {
      ends.push_back(std::make_unique<End>(name + "R" + std::to_string(i), room_to_routers));
      wire.routers.push_back({&ends.back()->port->queue(0), static_cast<uint8_t>(i)});
    }
    routers = ends[0].get();
    server = std::make_unique<End>(name + "S", room_to_server);
    wire.server = {&server->port->queue(0), static_cast<uint8_t>(cables)};
    if (cables > 1) wire.junction = &junction;
    counters = std::make_unique<Counters>(cables + 1);
    worker = std::make_unique<Worker>(Worker::Place(), std::vector<Wire>{wire}, filter.share(), feed,
                                      *counters, census, taps);
  }

  void run() {
    while (worker->step() > 0) {
    }
  }

  Totals totals() const {
    Totals sum;
    sum.add(*counters);
    return sum;
  }
  uint64_t count(Reason reason) const { return totals().count(reason); }
  // The law of the census: of each reason for a relayed request, all relays together have as many as were counted.
  void expect_every_request_to_be_some_relays() const {
    const CensusTotals who(std::array<const Census*, 1>{&census});
    for (size_t i = 0; i <= static_cast<size_t>(Reason::over_capacity); ++i) {
      const auto reason = static_cast<Reason>(i);
      if (reason == Reason::looped) continue;
      uint64_t brought = 0;
      for (const auto& relay : who.relays) brought += relay.count(reason);
      EXPECT_EQ(brought, count(reason)) << info(reason).name;
    }
  }
  uint64_t refused_by_server() const { return totals().ports.back().refused; }

  // The law, and no frame lost in the box.
  void TearDown() override {
    EXPECT_TRUE(totals().sums_agree());
    expect_every_request_to_be_some_relays();
    for (const auto& end : ends) end->take();
    server->take();
    EXPECT_EQ(rte_mempool_in_use_count(pool()), before_);
  }

  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router B = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Router C = {"C", "02:00:00:30:00:04"_mac, "10.30.0.4"_ip, "10.20.0.4"_ip};
  const Transmission discover = udhcpc().discover();
  const Transmission request = udhcpc().request();

  std::vector<std::unique_ptr<End>> ends;  // on the routers' side
  End* routers = nullptr;                  // the first of them
  std::unique_ptr<End> server;
  Filter filter{std::make_shared<const Policy>(patient()), {.clients = 1024}};
  PolicyFeed feed{std::make_shared<const Policy>(patient())};
  Junction junction;
  std::unique_ptr<Counters> counters;
  Census census;
  Taps taps{1, 3};
  std::unique_ptr<Worker> worker;

 private:
  unsigned before_ = 0;
};

// Frames of `count` sorts that no rule looks at.
std::vector<Bytes> others(size_t count) {
  std::vector<Bytes> frames;
  for (size_t i = 0; i < count; ++i) {
    Bytes frame(60 + i % 1400, static_cast<uint8_t>(i));
    frame[12] = 0x88;
    frame[13] = 0xb5;
    frames.push_back(frame);
  }
  return frames;
}

TEST_F(WorkerTest, KeepsTheOrderOfManyBursts) {
  open();
  const std::vector<Bytes> sent = others(500);
  for (const Bytes& frame : sent) {
    routers->put(frame);
    server->put(frame);
  }
  run();
  EXPECT_EQ(server->take(), sent);
  EXPECT_EQ(routers->take(), sent);
  EXPECT_EQ(count(Reason::not_dhcp), 500u);
  EXPECT_EQ(count(Reason::server_side), 500u);
}

TEST_F(WorkerTest, DropsSecondCopiesAmidABurst) {
  open();
  const std::vector<Bytes> sent = {others(1)[0],
                                   A.brings(discover).bytes(),
                                   B.brings(discover).bytes(),
                                   others(2)[1],
                                   B.brings(request).bytes(),
                                   A.brings(request).bytes(),
                                   A.brings(discover).bytes()};
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{sent[0], sent[1], sent[3], sent[4]}));
  EXPECT_EQ(count(Reason::second_copy), 2u);
  EXPECT_EQ(count(Reason::echo), 1u);
  EXPECT_EQ(totals().dropped, 3u);
}

TEST_F(WorkerTest, SendsWhatThereIsRoomForAndRefusesTheRest) {
  open(/*room_to_server=*/4);
  const std::vector<Bytes> sent = others(10);
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>(sent.begin(), sent.begin() + 4));
  EXPECT_EQ(totals().ports.back().tx_frames, 4u);
  EXPECT_EQ(refused_by_server(), 6u);
}

TEST_F(WorkerTest, RefusesOnTheServersSideToo) {
  open(kLong, /*room_to_routers=*/1);
  for (const Bytes& frame : others(3)) server->put(frame);
  run();
  EXPECT_EQ(routers->take().size(), 1u);
  EXPECT_EQ(totals().ports[0].refused, 2u);
}

TEST_F(WorkerTest, AFirstCopyThatWasRefusedDoesNotHoldBackTheSecond) {
  open(/*room_to_server=*/1);
  routers->put(others(1)[0]);  // fills the room
  routers->put(A.brings(discover).bytes());
  run();
  EXPECT_EQ(refused_by_server(), 1u);
  EXPECT_EQ(server->take().size(), 1u);

  routers->put(B.brings(discover).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(discover).bytes()});
  routers->put(A.brings(discover).bytes());
  run();
  EXPECT_TRUE(server->take().empty());
  EXPECT_EQ(count(Reason::first_copy), 2u);
  EXPECT_EQ(count(Reason::second_copy), 1u);
}

TEST_F(WorkerTest, TwoTransmissionsOfOneClientRefusedInOneBurst) {
  open(/*room_to_server=*/1);
  routers->put(others(1)[0]);
  routers->put(A.brings(discover).bytes());
  routers->put(A.brings(request).bytes());
  run();
  EXPECT_EQ(refused_by_server(), 2u);
  server->take();

  for (const Transmission& sent : {discover, request}) {
    routers->put(B.brings(sent).bytes());
    run();
    EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(sent).bytes()});
  }
}

TEST_F(WorkerTest, FramesInPiecesCrossWhole) {
  open();
  const Bytes jumbo(9014, 0x5a);
  routers->put(jumbo, 2048);
  server->put(jumbo, 2048);
  routers->put(A.brings(discover).bytes(), 64);  // no DHCP message in its first 64 bytes: in doubt, forward
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{jumbo, A.brings(discover).bytes()}));
  EXPECT_EQ(routers->take(), std::vector<Bytes>{jumbo});
  EXPECT_EQ(count(Reason::malformed_ip), 1u);
}

// The first copy finds no room, and its second copy, in the same burst, was dropped for its sake.
TEST_F(WorkerTest, ARefusedFirstCopyGivesWayToTheSecondOfItsBurst) {
  open(/*room_to_server=*/1);
  routers->put(others(1)[0]);                // takes it
  routers->put(A.brings(discover).bytes());  // refused
  routers->put(B.brings(discover).bytes());  // dropped, judged again, refused
  routers->put(C.brings(discover).bytes());  // the same
  run();
  EXPECT_EQ(refused_by_server(), 3u);
  EXPECT_EQ(count(Reason::first_copy), 3u);
  EXPECT_EQ(count(Reason::second_copy), 0u);
  server->take();
  routers->put(B.brings(discover).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(discover).bytes()});
}

// A port that refuses one frame and takes the next: the server gets one copy, as it would have without a filter.
TEST_F(WorkerTest, OneCopyReachesAServersPortThatRefusesTheOther) {
  open();
  Moody moody(server->port->queue(0));
  Wire wire{{{&routers->port->queue(0), 0}}, {&moody, 1}, nullptr};
  worker = std::make_unique<Worker>(Worker::Place(), std::vector<Wire>{wire}, filter.share(), feed, *counters,
                                    census, taps);
  moody.refuse = A.brings(discover).bytes();
  for (const Router& router : {A, B, C}) routers->put(router.brings(discover).bytes());
  routers->put(B.brings(request).bytes());
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{B.brings(request).bytes(), B.brings(discover).bytes()}));
  EXPECT_EQ(refused_by_server(), 1u);
  EXPECT_EQ(count(Reason::first_copy), 3u);
  EXPECT_EQ(count(Reason::second_copy), 1u);  // C's, of B's
}

// All that one tap has got.
struct Shown {
  std::vector<TapRecord> records;
  std::vector<Bytes> frames;

  Shown(Taps& taps, unsigned tap) {
    TapRecord record;
    for (Bytes bytes; taps.take(tap, 0, record, bytes);) {
      records.push_back(record);
      frames.push_back(bytes);
    }
  }
};

TEST_F(WorkerTest, ShowsToEachWhoLooksWhatHeWants) {
  open();
  const unsigned drops = *taps.open({.reasons = TapFilter::bit(Reason::second_copy)});
  const unsigned firsts = *taps.open({.reasons = TapFilter::bit(Reason::first_copy), .longest = 60});
  routers->put(others(1)[0]);
  routers->put(A.brings(discover).bytes());
  routers->put(B.brings(discover).bytes());
  run();

  const Shown dropped(taps, drops), forwarded(taps, firsts);
  ASSERT_EQ(dropped.records.size(), 1u);
  ASSERT_EQ(forwarded.records.size(), 1u);
  EXPECT_EQ(dropped.frames[0], B.brings(discover).bytes());
  EXPECT_EQ(forwarded.frames[0].size(), 60u);
  EXPECT_EQ(forwarded.records[0].length, A.brings(discover).bytes().size());
  EXPECT_TRUE(dropped.records[0].has_first);
  EXPECT_EQ(dropped.records[0].first_number, forwarded.records[0].number);
  EXPECT_EQ(dropped.records[0].first_router, forwarded.records[0].router);
  EXPECT_EQ(taps.lost(drops), std::vector<uint64_t>(3));

  taps.close(drops);
  taps.close(firsts);
  routers->put(B.brings(request).bytes());
  run();
  const unsigned again = *taps.open({.reasons = ~uint64_t{0}});
  EXPECT_TRUE(Shown(taps, again).records.empty());
  taps.close(again);
}

TEST_F(WorkerTest, ShowsWhatWasRefusedTwice) {
  open(/*room_to_server=*/1);
  const unsigned tap = *taps.open({.reasons = TapFilter::bit(Reason::first_copy)});
  routers->put(others(1)[0]);  // takes the room
  routers->put(A.brings(discover).bytes());
  run();
  const Shown shown(taps, tap);
  ASSERT_EQ(shown.records.size(), 2u);
  EXPECT_FALSE(shown.records[0].refused);
  EXPECT_TRUE(shown.records[1].refused);
  EXPECT_EQ(shown.records[1].number, shown.records[0].number);
  EXPECT_TRUE(shown.frames[1].empty());
  taps.close(tap);
}

TEST_F(WorkerTest, OfTheServersSideOnlyRepliesAreShown) {
  open();
  const unsigned tap = *taps.open({.reasons = TapFilter::bit(Reason::server_side)});
  Bytes reply = A.brings(discover).bytes();
  reply[14 + 20 + 8] = 2;  // op
  server->put(others(1)[0]);
  server->put(reply);
  server->put(A.brings(discover).bytes());
  run();
  EXPECT_EQ(Shown(taps, tap).frames, std::vector<Bytes>{reply});
  taps.close(tap);
}

TEST_F(WorkerTest, WhatTheOneWhoLooksHasNoRoomForIsLostAndCounted) {
  open();
  Taps small(1, 2, /*ring=*/4096);
  Wire wire{{{&routers->port->queue(0), 0}}, {&server->port->queue(0), 1}, nullptr};
  worker = std::make_unique<Worker>(Worker::Place(), std::vector<Wire>{wire}, filter.share(), feed, *counters,
                                    census, small);
  const unsigned tap = *small.open({.reasons = TapFilter::bit(Reason::not_dhcp)});
  const std::vector<Bytes> sent = others(500);
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), sent);
  const size_t shown = Shown(small, tap).records.size();
  EXPECT_GT(shown, 1u);
  EXPECT_EQ(shown + small.lost(tap)[0], sent.size());
  small.close(tap);
}

// So that a trace loses nothing on a busy wire.
TEST_F(WorkerTest, OnlyOneClientsFramesAreShown) {
  open();
  Bytes other = A.brings(discover).bytes();
  Chaddr client = find_bootp(other)->client;
  const unsigned tap = *taps.open({.reasons = ~uint64_t{0}, .client = client});
  other[14 + 20 + 8 + 28] ^= 2;  // chaddr
  const std::vector<Bytes> sent = {others(1)[0], other, A.brings(discover).bytes()};
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(Shown(taps, tap).frames, std::vector<Bytes>{sent[2]});
  taps.close(tap);
}

TEST_F(WorkerTest, OneMoreThanMayLookIsRefused) {
  std::vector<unsigned> all;
  for (unsigned i = 0; i < Taps::kMost; ++i) all.push_back(*taps.open({}));
  EXPECT_FALSE(taps.open({}));
  taps.close(all.back());
  EXPECT_EQ(taps.open({}), all.back());
  for (const unsigned tap : all) taps.close(tap);
  open();
}

// What it costs a worker that somebody looks at every frame: the median of a burst with and without, in one run. A
// frame is copied once more, which is of the order of receiving it; twenty times that would be a lock or a system call.
TEST_F(WorkerTest, BeingLookedAtCostsACopy) {
  open();
  const std::vector<Bytes> sent(Burst::kSize, A.brings(discover).bytes());
  const auto median_burst = [&](unsigned tap, bool looked_at) {
    std::vector<std::chrono::nanoseconds> times;
    for (int round = 0; round < 300; ++round) {
      for (const Bytes& frame : sent) routers->put(frame);
      const auto begin = std::chrono::steady_clock::now();
      worker->step();
      times.push_back(std::chrono::steady_clock::now() - begin);
      server->take();
      if (looked_at) Shown(taps, tap);
    }
    std::ranges::nth_element(times, times.begin() + 150);
    return static_cast<double>(times[150].count()) / Burst::kSize;
  };
  const double without = median_burst(0, false);
  const unsigned tap = *taps.open({.reasons = ~uint64_t{0}});
  const double with = median_burst(tap, true);
  taps.close(tap);
  std::cout << "a frame: " << without << " ns, looked at: " << with << " ns\n";
  EXPECT_LT(with, 20 * without);
}

TEST_F(WorkerTest, CopiesOnTwoCablesAreCopies) {
  open(kLong, kLong, 2);
  ends[0]->put(A.brings(discover).bytes());
  ends[1]->put(B.brings(discover).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{A.brings(discover).bytes()});
  EXPECT_EQ(count(Reason::second_copy), 1u);
}

constexpr Mac kServer = "02:00:00:30:00:0a"_mac;
constexpr Mac kA = "02:00:00:30:00:02"_mac;
constexpr Mac kB = "02:00:00:30:00:03"_mac;
constexpr Mac kAll = "ff:ff:ff:ff:ff:ff"_mac;

Bytes from_to(const Mac& source, const Mac& destination) {
  Bytes frame = others(1)[0];
  std::ranges::copy(destination, frame.begin());
  std::ranges::copy(source, frame.begin() + 6);
  return frame;
}

TEST_F(WorkerTest, RepliesLeaveByTheCableWhereTheirRouterIs) {
  open(kLong, kLong, 2);
  const Bytes to_a = from_to(kServer, kA);
  server->put(to_a);  // not heard yet: by both
  run();
  EXPECT_EQ(ends[0]->take(), std::vector<Bytes>{to_a});
  EXPECT_EQ(ends[1]->take(), std::vector<Bytes>{to_a});
  EXPECT_EQ(totals().extra, 1u);

  ends[0]->put(from_to(kA, kServer));
  ends[1]->put(from_to(kB, kServer));
  run();
  EXPECT_EQ(server->take().size(), 2u);
  const Bytes to_b = from_to(kServer, kB);
  const Bytes to_all = from_to(kServer, kAll);
  for (const Bytes& frame : {to_a, to_b, to_all, to_b}) server->put(frame);
  run();
  EXPECT_EQ(ends[0]->take(), (std::vector<Bytes>{to_a, to_all}));
  EXPECT_EQ(ends[1]->take(), (std::vector<Bytes>{to_b, to_all, to_b}));
  EXPECT_EQ(totals().extra, 2u);
  EXPECT_TRUE(server->take().empty());  // never back

  ends[1]->put(from_to(kA, kServer));  // a virtual router's MAC has moved
  server->put(to_a);
  run();
  EXPECT_TRUE(ends[0]->take().empty());
  EXPECT_EQ(ends[1]->take(), std::vector<Bytes>{to_a});
}

// The two cables lead to one switch: what goes out on one comes in on the other.
TEST_F(WorkerTest, AServersFrameThatComesRoundIsDropped) {
  open(kLong, kLong, 2);
  const Bytes hello = from_to(kServer, kAll);
  server->put(hello);
  run();
  for (int i = 0; i < 2; ++i)
    for (const Bytes& frame : ends[i]->take()) ends[1 - i]->put(frame);
  run();
  EXPECT_TRUE(server->take().empty());
  EXPECT_EQ(count(Reason::looped), 2u);
  EXPECT_EQ(totals().dropped, 2u);
}

// A sender that is heard on the other side all of a sudden has moved: nothing of it has come round.
TEST_F(WorkerTest, AStationThatMovesToTheRoutersSideIsHeard) {
  open(kLong, kLong, 2);
  server->put(from_to(kA, kAll));
  run();
  ends[1]->put(from_to(kA, kServer));
  server->put(from_to(kServer, kA));
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{from_to(kA, kServer)});
  EXPECT_EQ(count(Reason::looped), 0u);
  EXPECT_EQ(ends[0]->take(), std::vector<Bytes>{from_to(kA, kAll)});
  EXPECT_EQ(ends[1]->take(), (std::vector<Bytes>{from_to(kA, kAll), from_to(kServer, kA)}));
}

TEST_F(WorkerTest, AFrameThatOneOfTwoCablesRefusesHasStillBeenForwarded) {
  open(kLong, /*room_to_routers=*/1, 2);
  ends[0]->put(from_to(kA, kServer));
  run();
  server->put(from_to(kServer, kA));    // fills the first cable
  server->put(from_to(kServer, kAll));  // leaves by the second
  server->put(from_to(kServer, kAll));  // by none
  run();
  EXPECT_EQ(ends[0]->take().size(), 1u);
  EXPECT_EQ(ends[1]->take().size(), 1u);
  EXPECT_EQ(totals().refused, 1u);
  EXPECT_EQ(totals().forwarded, 3u);
}

TEST_F(WorkerTest, TakesAPolicyUpBetweenTwoBursts) {
  open();
  Policy monitor = patient();
  monitor.mode = Mode::monitor;
  std::atomic<bool> stop = false;
  std::thread thread([&] { worker->run(stop); });
  const auto until = [&](Reason reason, uint64_t times) {
    while (counters->reasons[static_cast<size_t>(reason)].get() < times) std::this_thread::yield();
  };
  routers->put(A.brings(discover).bytes());
  until(Reason::first_copy, 1);
  feed.publish(std::make_shared<const Policy>(monitor));
  const uint64_t rounds = counters->rounds.get();
  while (counters->rounds.get() < rounds + 2) std::this_thread::yield();
  routers->put(B.brings(discover).bytes());
  until(Reason::would_drop_second_copy, 1);
  stop = true;
  thread.join();
  EXPECT_EQ(server->take().size(), 2u);
}

}  // namespace
}  // namespace relaysieve::test
