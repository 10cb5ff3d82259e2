// SPDX-License-Identifier: Apache-2.0
// Several cables on the routers' side.
#include <algorithm>

#include "wire/worker_fixture.h"

namespace relaysieve::test {
namespace {

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

TEST_F(WorkerTest, CopiesOnTwoCablesAreCopies) {
  open(kLong, kLong, 2);
  ends[0]->put(A.brings(discover).bytes());
  ends[1]->put(B.brings(discover).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{A.brings(discover).bytes()});
  EXPECT_EQ(count(Reason::second_copy), 1u);
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

}  // namespace
}  // namespace relaysieve::test
