// SPDX-License-Identifier: Apache-2.0
// What the rule guarantees, by exhaustive search: a client repeats an unchanged request, each relay brings each
// repeat early, late or not at all, in every combination.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLost = Duration::max();
using Lags = std::vector<Duration>;  // one a relay, of one transmission

struct Outcome {
  size_t fewest = 0, most = 0;  // forwards of one transmission
  size_t longest_silence = 0;   // transmissions in a row of which nothing passed
};

class Guarantee : public testing::Test {
 protected:
  // Every sequence of `count` transmissions `gap` apart, each with one of `ways`.
  void for_every_sequence(const std::vector<Lags>& ways, size_t count, Duration gap, auto check) {
    std::vector<size_t> digits(count, 0);
    for (bool more = true; more;) {
      check(play(ways, digits, gap), digits);
      more = false;
      for (size_t i = 0; i < count && !more; ++i) {
        digits[i] = (digits[i] + 1) % ways.size();
        more = digits[i] != 0;
      }
    }
  }

  void given(Policy policy) {
    filter_ =
        std::make_unique<Filter>(std::make_shared<const Policy>(policy), Filter::Options{.clients = 64});
  }

 private:
  struct Arrival {
    Duration time;
    size_t transmission, relay;
  };

  Outcome play(const std::vector<Lags>& ways, const std::vector<size_t>& digits, Duration gap) {
    start_ += 1000s;  // long enough for everything to be forgotten
    std::vector<Arrival> arrivals;
    for (size_t n = 0; n < digits.size(); ++n) {
      const Lags& lags = ways[digits[n]];
      for (size_t relay = 0; relay < lags.size(); ++relay) {
        if (lags[relay] != kLost) arrivals.push_back({gap * static_cast<int>(n) + lags[relay], n, relay});
      }
    }
    std::ranges::stable_sort(arrivals, {}, &Arrival::time);
    std::vector<size_t> forwards(digits.size(), 0);
    for (const Arrival& a : arrivals) {
      const Verdict verdict = filter_->judge({frames_.at(a.relay), start_ + a.time});
      forwards[a.transmission] += !verdict.dropped();
    }
    Outcome outcome = {.fewest = std::ranges::min(forwards), .most = std::ranges::max(forwards)};
    size_t silence = 0;
    for (size_t passed : forwards) {
      silence = passed ? 0 : silence + 1;
      outcome.longest_silence = std::max(outcome.longest_silence, silence);
    }
    return outcome;
  }

  static Bytes frame_of(uint8_t n) {
    const Router router = {"", {2, 0, 0, 0, 0, n}, "10.30.0.2"_ip + n, "10.20.0.2"_ip + n};
    return router.brings(u_boot().discover()).bytes();
  }
  const std::vector<Bytes> frames_ = {frame_of(0), frame_of(1), frame_of(2)};
  std::unique_ptr<Filter> filter_;
  Time start_{};
};

std::string words(const std::vector<size_t>& digits, Duration gap) {
  std::ostringstream out;
  out << "a gap of " << gap / 1ms << " ms, ways";
  for (size_t digit : digits) out << " " << digit;
  return out.str();
}

// The order changes, and so does the distance of the copies.
const std::vector<Lags> kTwoAlive = {{0ms, 5ms}, {5ms, 0ms}, {0ms, 150ms}, {150ms, 0ms}};
const std::vector<Lags> kThreeAlive = {
    {0ms, 5ms, 150ms}, {150ms, 5ms, 0ms}, {5ms, 0ms, 10ms}, {10ms, 150ms, 0ms}};

// The same with losses.
std::vector<Lags> two_relays(Duration late) {
  return {{0ms, 5ms}, {5ms, 0ms}, {0ms, late}, {late, 0ms}, {0ms, kLost}, {kLost, 0ms}};
}
std::vector<Lags> three_relays(Duration late) {
  return {{0ms, 5ms, late},    {late, 5ms, 0ms},    {5ms, 0ms, kLost},
          {0ms, kLost, kLost}, {kLost, 0ms, kLost}, {kLost, kLost, 0ms}};
}

// Around the fast clients' gaps, the window and the turn time.
const std::vector<Duration> kGaps = {200ms, 250ms, 400ms, 999ms, 1000ms, 1001ms, 2500ms, 4000ms};

TEST_F(Guarantee, WithEveryRelayAliveEachTransmissionPassesExactlyOnce) {
  for (Duration turn_after : {0ms, 300ms, 2500ms}) {
    given({.turn_after = turn_after});
    for (Duration gap : kGaps) {
      for (const auto& ways : {kTwoAlive, kThreeAlive}) {
        for_every_sequence(ways, 5, gap, [&](const Outcome& outcome, const auto& digits) {
          EXPECT_EQ(outcome.fewest, 1u) << words(digits, gap);
          EXPECT_EQ(outcome.most, 1u) << words(digits, gap);
        });
      }
    }
  }
}

TEST_F(Guarantee, WithLossesNeverTwoForwards) {
  given({.turn_after = 0s});
  for (Duration gap : kGaps) {
    for (const auto& ways : {two_relays(150ms), three_relays(150ms)}) {
      for_every_sequence(ways, 5, gap, [&](const Outcome& outcome, const auto& digits) {
        EXPECT_LE(outcome.most, 1u) << words(digits, gap);
      });
    }
  }
}

// A relay's own copies of two transmissions must lie further apart than the echo window: 200 - 90 ms.
TEST_F(Guarantee, WithLossesAtMostOneTransmissionLessThanRelaysPassesNothing) {
  given({.turn_after = 0s});
  for (Duration gap : kGaps) {
    const Duration late = gap > 250ms ? 150ms : 90ms;
    for (const auto& ways : {two_relays(late), three_relays(late)}) {
      for_every_sequence(ways, 5, gap, [&](const Outcome& outcome, const auto& digits) {
        EXPECT_LT(outcome.longest_silence, ways.front().size()) << words(digits, gap);
      });
    }
  }
}

TEST_F(Guarantee, WithLossesAndTurnsNeverTwoForwardsWhereRepeatsLieBehindTheWindow) {
  given({.turn_after = 2500ms});
  for (Duration gap : {1001ms, 2500ms, 4000ms}) {
    for (const auto& ways : {two_relays(150ms), three_relays(150ms)}) {
      for_every_sequence(ways, 5, gap, [&](const Outcome& outcome, const auto& digits) {
        EXPECT_LE(outcome.most, 1u) << words(digits, gap);
      });
    }
  }
}

}  // namespace
}  // namespace relaysieve::test
