// SPDX-License-Identifier: Apache-2.0
// What the other side has no room for.
#include <rte_mbuf.h>

#include <cstring>

#include "wire/worker_fixture.h"

namespace relaysieve::test {
namespace {

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

// Dropped frames leave gaps in what is sent: what is refused behind them is undone, and nothing else.
TEST_F(WorkerTest, WhatIsRefusedBehindADroppedFrameIsTheRightOne) {
  open(/*room_to_server=*/2);
  const std::vector<Bytes> sent = {others(1)[0], A.brings(discover).bytes(), B.brings(discover).bytes(),
                                   others(2)[1], A.brings(request).bytes()};
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{sent[0], sent[1]}));
  EXPECT_EQ(refused_by_server(), 2u);
  EXPECT_EQ(totals().ports.back().tx_bytes, sent[0].size() + sent[1].size());
  routers->put(C.brings(discover).bytes());
  routers->put(B.brings(request).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(request).bytes()});
}

}  // namespace
}  // namespace relaysieve::test
