// SPDX-License-Identifier: Apache-2.0
#include "snapshot/rates.h"

#include <gtest/gtest.h>

#include <array>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

// A box with two ports, counting as it is told.
class RateMeterTest : public testing::Test {
 protected:
  RateMeterTest() { totals_.ports.resize(2); }

  void note(Time now) { meter_.note(totals_, missed_, now); }
  // Every second up to `end`, so many frames of 125 bytes and requests.
  void flow(Time& now, Time end, uint64_t frames, uint64_t requests) {
    while (now < end) {
      now += 1s;
      totals_.ports[0].rx_frames += frames;
      totals_.ports[0].rx_bytes += 125 * frames;
      totals_.reasons[static_cast<size_t>(Reason::first_copy)] += requests;
      note(now);
    }
  }

  Totals totals_;
  std::array<uint64_t, 2> missed_{};
  RateMeter meter_;
};

TEST_F(RateMeterTest, NothingIsKnownBeforeTheSecondNote) {
  EXPECT_EQ(meter_.rates().over, 0);
  EXPECT_TRUE(meter_.due(5s));
  totals_.ports[0].rx_frames = 1'000'000;  // counted before anybody looked
  note(5s);
  EXPECT_EQ(meter_.rates().over, 0);
  ASSERT_EQ(meter_.rates().ports.size(), 2);
  EXPECT_EQ(meter_.rates().ports[0].rx_frames, 0);
}

TEST_F(RateMeterTest, ASecondLiesBetweenTwoNotes) {
  note(5s);
  EXPECT_FALSE(meter_.due(5999ms));
  EXPECT_TRUE(meter_.due(6s));
}

TEST_F(RateMeterTest, AtTheStartTheyAreOverWhatThereIs) {
  Time now = 5s;
  note(now);
  flow(now, 7s, 1000, 10);
  const Rates rates = meter_.rates();
  EXPECT_EQ(rates.over, 2);
  EXPECT_EQ(rates.ports[0].rx_frames, 1000);
  EXPECT_EQ(rates.ports[0].rx_bits, 1'000'000);
  EXPECT_EQ(rates.ports[1].rx_frames, 0);
  EXPECT_EQ(rates.requests, 10);
}

TEST_F(RateMeterTest, WhatEndedTenSecondsAgoIsForgotten) {
  Time now = 0s;
  note(now);
  flow(now, 20s, 1000, 10);
  EXPECT_EQ(meter_.rates().over, 10);
  EXPECT_EQ(meter_.rates().ports[0].rx_frames, 1000);
  flow(now, 25s, 0, 0);
  EXPECT_EQ(meter_.rates().ports[0].rx_frames, 500);
  flow(now, 30s, 0, 0);
  EXPECT_EQ(meter_.rates().ports[0].rx_frames, 0);
}

TEST_F(RateMeterTest, ALookerThatWasHeldUpCountsTheTimeThatHasReallyGoneBy) {
  note(0s);
  totals_.ports[0].rx_frames = 100;
  note(50s);  // not 100 in ten seconds
  EXPECT_EQ(meter_.rates().over, 50);
  EXPECT_EQ(meter_.rates().ports[0].rx_frames, 2);
}

TEST_F(RateMeterTest, WhatIsLostShows) {
  note(0s);
  totals_.ports[1].refused = 20;
  missed_[0] = 40;
  totals_.evicted = 60;
  totals_.reasons[static_cast<size_t>(Reason::late_copy)] = 80;
  note(2s);
  const Rates rates = meter_.rates();
  EXPECT_EQ(rates.ports[1].refused, 10);
  EXPECT_EQ(rates.ports[0].missed, 20);
  EXPECT_EQ(rates.evicted, 30);
  EXPECT_EQ(rates.late, 40);
}

TEST_F(RateMeterTest, ACounterThatAnInterfaceHasResetIsNoRate) {
  missed_[0] = 1000;
  note(0s);
  missed_[0] = 10;
  note(1s);
  EXPECT_EQ(meter_.rates().ports[0].missed, 0);
}

TEST_F(RateMeterTest, SinceTheLastRequest) {
  Time now = 0s;
  note(now);
  flow(now, 30s, 1000, 0);
  EXPECT_EQ(meter_.rates().since_request, 30);  // since there could have been one
  flow(now, 35s, 1000, 1);
  EXPECT_EQ(meter_.rates().since_request, 0);
  flow(now, 45s, 1000, 0);
  EXPECT_EQ(meter_.rates().since_request, 10);
  totals_.reasons[static_cast<size_t>(Reason::not_dhcp)] += 5;  // nor is that one
  totals_.reasons[static_cast<size_t>(Reason::reply)] += 5;
  note(46s);
  EXPECT_EQ(meter_.rates().since_request, 11);
}

}  // namespace
}  // namespace relaysieve
