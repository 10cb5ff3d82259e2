// SPDX-License-Identifier: Apache-2.0
// What those see who watch a worker.
#include <algorithm>
#include <chrono>
#include <iostream>

#include "dhcp_frame.h"
#include "wire/worker_fixture.h"

namespace relaysieve::test {
namespace {

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
  EXPECT_EQ(dropped.records[0].first_router & Verdict::kFirstRouter,
            forwarded.records[0].router & Verdict::kFirstRouter);
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
  ClientId client = find_dhcp(other)->client;
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

}  // namespace
}  // namespace relaysieve::test
