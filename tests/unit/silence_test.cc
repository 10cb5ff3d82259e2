// SPDX-License-Identifier: Apache-2.0
#include "relays/silence.h"

#include <gtest/gtest.h>

#include <array>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t kA = 1, kB = 2, kC = 3;

// Relays and a clock; a look every second.
class SilenceTest : public testing::Test {
 protected:
  void brings(uint32_t router, Reason reason, uint32_t first, Duration lag) {
    Frame frame;
    frame.time = now_;
    Verdict verdict;
    verdict.reason = reason;
    verdict.request = true;
    verdict.has_first = lag > 0ns;
    verdict.lag = lag;
    verdict.router = router;
    verdict.first_router = first;
    census_.note(frame, verdict);
  }
  void alone(uint32_t router) { brings(router, Reason::first_copy, router, 0ns); }
  void both(uint32_t first, uint32_t second) {
    alone(first);
    brings(second, Reason::second_copy, first, 1ms);
  }
  // What has begun or ended, a second later.
  std::vector<Silence::Event> look() {
    now_ += 1s;
    return silence_.look(CensusTotals(std::array<const Census*, 1>{&census_}), now_);
  }
  // Nobody begins or ends.
  template <typename Act>
  void quietly(int seconds, Act act) {
    for (int i = 0; i < seconds; ++i) {
      act();
      EXPECT_TRUE(look().empty()) << "after " << i + 1 << " s";
    }
  }

  Census census_;
  Silence silence_;
  Time now_ = 100s;
};

TEST_F(SilenceTest, ARelayWhoseShareDoesNotComeAnyMoreIsSilentAndThenBack) {
  quietly(30, [&] { both(kA, kB); });
  quietly(19, [&] { alone(kA); });
  alone(kA);
  const auto begun = look();
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].router, kB);
  EXPECT_TRUE(begun[0].silent);
  EXPECT_EQ(begun[0].unheard, 21s);
  EXPECT_TRUE(silence_.silent(kB));
  EXPECT_FALSE(silence_.silent(kA));
  quietly(100, [&] { alone(kA); });

  both(kB, kA);
  const auto ended = look();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].router, kB);
  EXPECT_FALSE(ended[0].silent);
  EXPECT_EQ(ended[0].unheard, 121s);
  EXPECT_FALSE(silence_.silent(kB));
  quietly(19, [&] { alone(kA); });
}

TEST_F(SilenceTest, NobodyIsSilentWhileNobodyBoots) {
  quietly(30, [&] { both(kA, kB); });
  now_ += 8h;
  quietly(1000, [] {});
  both(kA, kB);
  quietly(10, [] {});
}

TEST_F(SilenceTest, ABurstIsNoSilenceYet) {
  quietly(30, [&] { both(kA, kB); });
  for (int i = 0; i < 500; ++i) alone(kA);
  quietly(8, [] {});
  EXPECT_EQ(look().size(), 1u) << "10 s after B was last heard";
}

// B serves one of A's ten subnets.
TEST_F(SilenceTest, ARelayIsMeasuredByItsUsualShare) {
  const auto ten = [&] {
    for (int i = 0; i < 9; ++i) alone(kA);
    both(kA, kB);
  };
  for (int i = 0; i < 30; ++i) ten();
  quietly(1, [] {});
  quietly(19, [&] {
    for (int i = 0; i < 10; ++i) alone(kA);
  });
  for (int i = 0; i < 10; ++i) alone(kA);
  EXPECT_EQ(look().size(), 1u);
}

TEST_F(SilenceTest, WhoHasNoPartnerIsNeverSilent) {
  quietly(9, [&] { both(kA, kB); });  // too few to be partners
  quietly(30, [&] { alone(kC); });
  quietly(300, [&] { alone(kA); });
}

// What A brought before the two were partners is not held against B.
TEST_F(SilenceTest, APartnerCountsFromWhenItIsOne) {
  quietly(10, [&] {
    for (int i = 0; i < 100; ++i) alone(kA);
  });
  quietly(10, [&] { both(kA, kB); });
  quietly(19, [&] { alone(kA); });
}

TEST_F(SilenceTest, AnEchoIsNoRequest) {
  quietly(30, [&] { both(kA, kB); });
  quietly(100, [&] {
    for (int i = 0; i < 10; ++i) brings(kA, Reason::echo, kA, 1ms);
  });
  for (int i = 0; i < 19; ++i) alone(kA);
  quietly(1, [] {});
  alone(kA);
  EXPECT_EQ(look().size(), 1u);
}

}  // namespace
}  // namespace relaysieve
