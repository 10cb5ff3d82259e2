// SPDX-License-Identifier: Apache-2.0
// Where stations are, and what has been there already, by a clock of the test's own.
#include "ports/junction.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;
using Address = std::array<uint8_t, 6>;

constexpr Address kAlice = {2, 0, 0, 0, 0, 1};
constexpr Address kGroup = {1, 0, 0x5e, 0, 0, 1};
constexpr Time kStart = 1h;

TEST(Stations, AreWhereTheyWereHeardLast) {
  Stations stations;
  EXPECT_FALSE(stations.find(kAlice.data(), kStart));
  stations.hear(kAlice.data(), 3, kStart);
  EXPECT_EQ(stations.find(kAlice.data(), kStart), 3);
  stations.hear(kAlice.data(), 0, kStart + 1ns);
  EXPECT_EQ(stations.find(kAlice.data(), kStart + 1ns), 0);
}

TEST(Stations, AreForgottenFiveMinutesAfterTheirLastFrame) {
  Stations stations;
  stations.hear(kAlice.data(), 3, kStart);
  stations.hear(kAlice.data(), 3, kStart + 4min);
  EXPECT_EQ(stations.find(kAlice.data(), kStart + 9min), 3);
  EXPECT_FALSE(stations.find(kAlice.data(), kStart + 9min + 1ns));
}

TEST(Stations, AreForgottenWithTheLinkOfTheirPort) {
  Stations stations;
  constexpr Address bob = {2, 0, 0, 0, 0, 2};
  stations.hear(kAlice.data(), 3, kStart);
  stations.hear(bob.data(), 4, kStart);
  stations.forget(3);
  EXPECT_FALSE(stations.find(kAlice.data(), kStart));
  EXPECT_EQ(stations.find(bob.data(), kStart), 4);
}

TEST(Stations, AGroupIsNobody) {
  Stations stations;
  stations.hear(kGroup.data(), 3, kStart);
  EXPECT_FALSE(stations.find(kGroup.data(), kStart));
}

// Ten times as many as there is room for: whoever has just been heard is known, and nobody is where he never was.
TEST(Stations, WhoIsHeardTakesTheLongestSilentOnesPlace) {
  Stations stations;
  const auto address = [](uint32_t n) {
    return Address{2,
                   0,
                   static_cast<uint8_t>(n >> 24),
                   static_cast<uint8_t>(n >> 16),
                   static_cast<uint8_t>(n >> 8),
                   static_cast<uint8_t>(n)};
  };
  constexpr uint32_t kCrowd = 40'960;
  for (uint32_t n = 0; n < kCrowd; ++n) {
    const Time now = kStart + n * 1ms;
    stations.hear(address(n).data(), static_cast<uint8_t>(n % 7), now);
    ASSERT_EQ(stations.find(address(n).data(), now), n % 7);
  }
  const Time end = kStart + kCrowd * 1ms;
  size_t known = 0;
  for (uint32_t n = 0; n < kCrowd; ++n) {
    const auto port = stations.find(address(n).data(), end);
    if (!port) continue;
    ++known;
    EXPECT_EQ(*port, n % 7);
  }
  EXPECT_EQ(known, 4096u);
  size_t of_the_latest = 0;
  for (uint32_t n = kCrowd - 1024; n < kCrowd; ++n)
    of_the_latest += stations.find(address(n).data(), end).has_value();
  EXPECT_GT(of_the_latest, 1000u);
}

TEST(Loops, AFrameHasComeRoundForOneSecond) {
  Loops loops;
  const std::vector<uint8_t> frame(60, 7), other(60, 8), longer(61, 7);
  EXPECT_FALSE(loops.came_round(frame, kStart));
  loops.sent(frame, kStart);
  EXPECT_TRUE(loops.came_round(frame, kStart));
  EXPECT_TRUE(loops.came_round(frame, kStart + 1s - 1ns));
  EXPECT_FALSE(loops.came_round(frame, kStart + 1s));
  EXPECT_FALSE(loops.came_round(other, kStart));
  EXPECT_FALSE(loops.came_round(longer, kStart));
}

}  // namespace
}  // namespace relaysieve::test
