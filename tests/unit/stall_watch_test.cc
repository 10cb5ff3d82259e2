// SPDX-License-Identifier: Apache-2.0
#include "daemon/stall_watch.h"

#include <gtest/gtest.h>

#include <string>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

// Workers that go round or stand still, and somebody who looks; its clock is a count.
class Rounds {
 public:
  explicit Rounds(size_t workers) : watch(workers), rounds(workers) {}

  // Looks every `every` for `how_long`, while those that `move` say go round. "0 stalled 1000", "0 moves 1500": what was
  // seen, with the milliseconds.
  std::string pass(Duration how_long, const std::vector<bool>& move, Duration every = StallWatch::kPeriod) {
    std::string seen;
    for (const Time end = now + how_long; now < end;) {
      now += every;
      for (size_t i = 0; i < rounds.size(); ++i) rounds[i] += move[i];
      for (const auto& event : watch.look(rounds, now))
        seen += std::to_string(event.worker) + (event.stalled ? " stalled " : " moves ") +
                std::to_string(event.still / 1ms) + ";";
    }
    return seen;
  }

  StallWatch watch;
  std::vector<uint64_t> rounds;
  Time now = 1000s;
};

TEST(StallWatch, WhoGoesRoundIsNotStalled) {
  Rounds two(2);
  EXPECT_EQ(two.pass(60s, {true, true}), "");
  EXPECT_FALSE(two.watch.any_stalled());
}

TEST(StallWatch, AStallIsToldOnceAtItsBeginAndOnceAtItsEnd) {
  Rounds two(2);
  two.pass(1s, {true, true});
  EXPECT_EQ(two.pass(900ms, {true, false}), "") << "not a second yet";
  EXPECT_FALSE(two.watch.any_stalled());
  EXPECT_EQ(two.pass(100ms, {true, false}), "1 stalled 1000;");
  EXPECT_TRUE(two.watch.any_stalled());
  EXPECT_EQ(two.pass(10s, {true, false}), "");
  EXPECT_TRUE(two.watch.any_stalled());
  EXPECT_EQ(two.pass(100ms, {true, true}), "1 moves 11100;");
  EXPECT_FALSE(two.watch.any_stalled());
}

TEST(StallWatch, EachWorkerForItself) {
  Rounds three(3);
  three.pass(1s, {true, true, true});
  EXPECT_EQ(three.pass(500ms, {false, true, true}), "");
  EXPECT_EQ(three.pass(500ms, {false, true, false}), "0 stalled 1000;");
  EXPECT_EQ(three.pass(500ms, {false, true, false}), "2 stalled 1000;");
  EXPECT_EQ(three.pass(100ms, {true, true, false}), "0 moves 1600;");
  EXPECT_TRUE(three.watch.any_stalled());
  EXPECT_EQ(three.pass(100ms, {true, true, true}), "2 moves 1200;");
}

TEST(StallWatch, AnotherStallIsToldAgain) {
  Rounds one(1);
  one.pass(1s, {true});
  EXPECT_EQ(one.pass(1s, {false}), "0 stalled 1000;");
  EXPECT_EQ(one.pass(100ms, {true}), "0 moves 1100;");
  EXPECT_EQ(one.pass(900ms, {false}), "");
  EXPECT_EQ(one.pass(100ms, {false}), "0 stalled 1000;");
}

TEST(StallWatch, AWorkerThatNeverBegins) {
  Rounds one(1);
  EXPECT_EQ(one.pass(1s, {false}), "");
  EXPECT_EQ(one.pass(100ms, {false}), "0 stalled 1000;");
}

// The whole process was stopped, or the machine slept: nobody went round, and nobody looked.
TEST(StallWatch, WhatTheLookerDidNotSee) {
  Rounds one(1);
  one.pass(1s, {true});
  EXPECT_EQ(one.pass(60s, {false}, 60s), "");
  EXPECT_EQ(one.pass(900ms, {false}), "") << "counted from when it looks again";
  EXPECT_EQ(one.pass(100ms, {false}), "0 stalled 1000;");
  EXPECT_EQ(one.pass(60s, {false}, 60s), "") << "still the same stall";
  EXPECT_EQ(one.pass(100ms, {true}), "0 moves 61100;");
}

TEST(StallWatch, ALookerThatIsABitLate) {
  Rounds one(1);
  one.pass(1s, {true});
  EXPECT_EQ(one.pass(800ms, {false}, 400ms), "");
  EXPECT_EQ(one.pass(400ms, {false}, 400ms), "0 stalled 1200;");
}

}  // namespace
}  // namespace relaysieve
