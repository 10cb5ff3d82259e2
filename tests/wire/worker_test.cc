// SPDX-License-Identifier: Apache-2.0
// The worker between two DPDK ports made of rings: whole bursts, frames in pieces, a change of policy.
#include <atomic>
#include <thread>

#include "wire/worker_fixture.h"

namespace relaysieve::test {
namespace {

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

TEST_F(WorkerTest, BypassLooksAtNothing) {
  Policy policy = patient();
  policy.mode = Mode::bypass;
  filter.adopt(std::make_shared<const Policy>(policy));
  open();
  const std::vector<Bytes> sent = {others(1)[0], A.brings(discover).bytes(), B.brings(discover).bytes()};
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), sent);
  EXPECT_EQ(count(Reason::bypassed), 3u);

  const unsigned tap = *taps.open({.reasons = TapFilter::bit(Reason::bypassed)});
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(Shown(taps, tap).frames, sent);
  EXPECT_EQ(count(Reason::bypassed), 6u);
  taps.close(tap);
}

}  // namespace
}  // namespace relaysieve::test
