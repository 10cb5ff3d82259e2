// SPDX-License-Identifier: Apache-2.0
#include "relays/advice.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "settings/settings_change.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t A = 1, B = 2, C = 3;
constexpr uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

class AdviceTest : public testing::Test {
 protected:
  void note(uint32_t router, Reason reason, uint32_t first, Duration lag, uint32_t first_subnet = 0,
            uint32_t subnet = 0) {
    Verdict verdict;
    verdict.reason = reason;
    verdict.request = true;
    verdict.has_first = first != router || reason == Reason::echo;
    if (reason == Reason::twin_other_scope || reason == Reason::rewritten) verdict.has_first = false;
    verdict.lag = lag;
    verdict.router = router;
    verdict.first_router = first;
    verdict.first_subnet = first_subnet;
    verdict.subnet = subnet;
    census_.note({}, verdict);
  }
  void pair(Duration lag, int times = 1) {
    for (int i = 0; i < times; ++i) {
      note(A, Reason::first_copy, A, 0ns);
      note(B, lag > settings_.policy.window ? Reason::late_copy : Reason::second_copy, A, lag);
    }
  }
  void twins(uint32_t first, uint32_t second, int times) {
    for (int i = 0; i < times; ++i) {
      note(A, Reason::first_copy, A, 0ns);
      note(B, Reason::twin_other_scope, A, 0ns, first, second);
    }
  }
  Advice on(std::string_view setting) {
    const auto all = advise(settings_, CensusTotals(std::array<const Census*, 1>{&census_}));
    for (const Advice& advice : all) {
      EXPECT_FALSE(advice.reasons.empty()) << advice.setting;
      if (advice.setting == setting) return advice;
    }
    ADD_FAILURE() << "no advice on " << setting;
    return {};
  }
  // Every change that is advised is one that the daemon takes, and it is not advised again.
  void takes_it() {
    const CensusTotals totals(std::array<const Census*, 1>{&census_});
    nlohmann::json wanted = nlohmann::json::object();
    for (const Advice& advice : advise(settings_, totals))
      if (advice.changes())
        wanted[advice.setting] = advice.setting == "relay_groups" ? nlohmann::json::parse(advice.wanted)
                                                                  : nlohmann::json(advice.wanted);
    EXPECT_FALSE(wanted.empty());
    const auto changed = change_settings(settings_, wanted.dump());
    ASSERT_TRUE(changed.ok()) << changed.status();
    EXPECT_EQ(changed->changes.size(), wanted.size());
    EXPECT_TRUE(windows_agree(changed->settings));
    EXPECT_LT(changed->settings.policy.echo_window, 200ms);
  }
  static bool says(const Advice& advice, std::string_view words) {
    for (const std::string& reason : advice.reasons)
      if (reason.find(words) != reason.npos) return true;
    return false;
  }

  Settings settings_;
  Census census_;
};

// The window.

TEST_F(AdviceTest, WithLittleEvidenceNothingIsRecommended) {
  pair(1500ms, 9);
  for (const char* name : {"window", "echo_window", "subnet_bits", "match", "turn_after"}) {
    EXPECT_FALSE(on(name).enough) << name;
    EXPECT_FALSE(on(name).changes()) << name;
  }
}

TEST_F(AdviceTest, AWindowThatHoldsAllCopiesIsKept) {
  pair(1ms, 200);
  EXPECT_TRUE(on("window").enough);
  EXPECT_FALSE(on("window").changes());
  EXPECT_EQ(on("window").copies, 200u);
  EXPECT_TRUE(says(on("window"), "all 200 copies"));
}

TEST_F(AdviceTest, LateCopiesAskForALongerWindow) {
  settings_.policy.window = 200ms;
  pair(1ms, 200);
  pair(300ms, 2);
  EXPECT_FALSE(on("window").changes()) << "two may be a mishap";
  pair(300ms, 2);
  EXPECT_EQ(on("window").wanted, "500ms");
  EXPECT_TRUE(says(on("window"), "4 of 204 copies (2.0 %)"));
  takes_it();
  settings_.policy.window = 500ms;
  EXPECT_FALSE(on("window").changes()) << "what was late is not any more";
}

TEST_F(AdviceTest, AWindowIsAtMostFiveSeconds) {
  pair(1ms, 100);
  pair(4900ms, 50);
  EXPECT_EQ(on("window").wanted, "5s");
  takes_it();
}

// A died; its clients' repetitions came through B, which was not in the record.
TEST_F(AdviceTest, WhatMayBeARepetitionThroughAnotherRelayIsNoLateCopy) {
  pair(1ms, 200);
  pair(4s, 50);
  EXPECT_EQ(on("window").wanted, "5s") << "the trouble: nothing tells them apart";
  note(A, Reason::first_copy, A, 3900ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "may be repetitions through another relay"));
  pair(1500ms, 10);
  EXPECT_EQ(on("window").wanted, "2s") << "these are sooner than any repetition";
}

TEST_F(AdviceTest, AWindowLongerThanNeededIsShortened) {
  settings_.policy.window = 5s;
  pair(20ms, 200);
  EXPECT_EQ(on("window").wanted, "1s");
  takes_it();
  pair(600ms);
  EXPECT_FALSE(on("window").changes()) << "four times 600 ms is 5 s, rounded";
}

TEST_F(AdviceTest, AWindowThatIsAllButFullIsWidened) {
  settings_.policy.window = 50ms;
  settings_.policy.echo_window = 10ms;
  pair(45ms, 60);
  EXPECT_EQ(on("window").wanted, "100ms");
  takes_it();
}

TEST_F(AdviceTest, CopiesFurtherApartThanRepetitionsAreNoMatterOfTheWindow) {
  pair(300ms, 100);
  note(A, Reason::retransmission, A, 250ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "no window prevents it"));
}

TEST_F(AdviceTest, RepetitionsInsideTheWindowDoNoHarm) {
  pair(1ms, 100);
  note(A, Reason::retransmission, A, 250ms);
  EXPECT_FALSE(on("window").changes());
  EXPECT_TRUE(says(on("window"), "does no harm"));
}

// The echo window.

TEST_F(AdviceTest, EchoesFarBelowTheWindowKeepIt) {
  for (int i = 0; i < 50; ++i) note(A, Reason::echo, A, 2ms);
  EXPECT_TRUE(on("echo_window").enough);
  EXPECT_FALSE(on("echo_window").changes());
}

TEST_F(AdviceTest, RepetitionsSoonerThanAnyClientAreEchoes) {
  for (int i = 0; i < 20; ++i) note(A, Reason::retransmission, A, 120ms);
  EXPECT_EQ(on("echo_window").wanted, "150ms");
  takes_it();
  for (int i = 0; i < 20; ++i) note(A, Reason::retransmission, A, 185ms);
  EXPECT_EQ(on("echo_window").wanted, "190ms") << "never 200 ms";
  takes_it();
  settings_.policy.window = 190ms;
  EXPECT_FALSE(on("echo_window").changes()) << "never as long as the window";
}

TEST_F(AdviceTest, AnEchoWindowThatAllButTakesRepetitionsIsShortened) {
  settings_.policy.echo_window = 190ms;
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 3ms);
  for (int i = 0; i < 10; ++i) note(A, Reason::retransmission, A, 200ms);
  EXPECT_EQ(on("echo_window").wanted, "100ms");
  takes_it();
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 80ms);
  EXPECT_FALSE(on("echo_window").changes()) << "these echoes would pass";
}

TEST_F(AdviceTest, EchoesThatReachTheEndAskForMore) {
  for (int i = 0; i < 10; ++i) note(A, Reason::echo, A, 90ms);
  EXPECT_EQ(on("echo_window").wanted, "180ms");
  takes_it();
  note(A, Reason::retransmission, A, 200ms);
  EXPECT_EQ(on("echo_window").wanted, "150ms") << "three quarters of the soonest repetition";
}

// Scopes.

TEST_F(AdviceTest, TwinsOfOneSubnetAskForFewerBits) {
  twins(ip(10, 20, 0, 2), ip(10, 20, 1, 3), 30);
  EXPECT_EQ(on("subnet_bits").wanted, "23");
  takes_it();
  settings_.policy.subnet_bits = 23;
  EXPECT_FALSE(on("subnet_bits").changes());
}

TEST_F(AdviceTest, AHandfulOfTwinsIsChance) {
  twins(ip(10, 20, 0, 2), ip(10, 20, 1, 3), 30);
  for (int i = 0; i < 31; ++i)
    for (const uint32_t router : {A, B}) note(router, Reason::first_copy, router, 0ns);
  EXPECT_FALSE(on("subnet_bits").changes());
  EXPECT_TRUE(on("subnet_bits").enough);
  EXPECT_TRUE(says(on("subnet_bits"), "must not be joined"));
}

TEST_F(AdviceTest, RelaysThatHaveLittleInCommonAreAGroup) {
  twins(ip(10, 20, 0, 2), ip(10, 99, 0, 3), 30);
  EXPECT_EQ(on("relay_groups").wanted, R"({"group1":["10.20.0.0/24","10.99.0.0/24"]})");
  takes_it();
  settings_.policy.relay_groups = {{{ip(10, 20, 0, 0), 24}, {ip(10, 99, 0, 0), 24}}};
  settings_.relay_group_names = {"group1"};
  EXPECT_FALSE(on("subnet_bits").changes()) << "what was seen was before";
  EXPECT_TRUE(says(on("subnet_bits"), "it was before"));
}

// Ten twins of 10.20.0.0/24 and 10.20.4.0/24; 10.20.2.0/24 is somebody else's.
TEST_F(AdviceTest, StrangersAreNotJoined) {
  twins(ip(10, 20, 0, 2), ip(10, 20, 4, 3), 30);
  EXPECT_EQ(on("subnet_bits").wanted, "21");
  twins(ip(10, 20, 2, 2), ip(10, 20, 6, 3), 30);
  EXPECT_EQ(on("relay_groups").wanted,
            R"({"group1":["10.20.0.0/24","10.20.4.0/24"],"group2":["10.20.2.0/24","10.20.6.0/24"]})");
  takes_it();
}

TEST_F(AdviceTest, AGroupThatHoldsOneOfThemGetsTheOther) {
  settings_.policy.relay_groups = {{{ip(10, 20, 0, 0), 24}, {ip(10, 30, 0, 0), 24}}};
  settings_.relay_group_names = {"campus"};
  twins(ip(10, 20, 0, 2), ip(10, 99, 0, 3), 30);
  EXPECT_EQ(on("relay_groups").wanted, R"({"campus":["10.20.0.0/24","10.30.0.0/24","10.99.0.0/24"]})");
  takes_it();
}

TEST_F(AdviceTest, VrfsAreNotJoined) {
  twins(ip(10, 20, 0, 2), ip(10, 20, 0, 3), 30);
  EXPECT_FALSE(on("subnet_bits").changes());
  EXPECT_TRUE(says(on("subnet_bits"), "VRF"));
}

// Two VRFs, and link selections that say nothing.
TEST_F(AdviceTest, TwinsOfNoSubnetAreNotJoined) {
  twins(0, 0, 30);
  EXPECT_FALSE(on("subnet_bits").changes());
}

TEST_F(AdviceTest, ExactTwinsInOneSubnetAskForScopeSubnet) {
  settings_.policy.scope = ScopeRule::exact;
  twins(ip(10, 20, 0, 2), ip(10, 20, 0, 3), 30);
  EXPECT_EQ(on("scope").wanted, "subnet");
  takes_it();
}

// Rewriters.

TEST_F(AdviceTest, ARouterThatRewritesAsksForIdentity) {
  for (int i = 0; i < 30; ++i) {
    note(A, Reason::first_copy, A, 0ns);
    note(B, Reason::rewritten, A, 0ns);
  }
  EXPECT_EQ(on("match").wanted, "identity");
  takes_it();
  pair(1ms, 31);
  EXPECT_FALSE(on("match").changes())
      << "most come unchanged: two requests of one client may differ like this";
  settings_.policy.match = Match::identity;
  EXPECT_FALSE(on("match").changes()) << "it is not taken back";
}

// Turns.

TEST_F(AdviceTest, RepetitionsWithoutTurnsAskForTurns) {
  pair(1ms, 100);
  settings_.policy.turn_after = 0s;
  EXPECT_FALSE(on("turn_after").enough);
  for (int i = 0; i < 20; ++i) note(A, Reason::retransmission, A, 500ms);
  EXPECT_EQ(on("turn_after").wanted, "2.5s");
  takes_it();
}

// What would help a pair.

TEST_F(AdviceTest, AHintIsThePairs) {
  twins(ip(10, 20, 0, 2), ip(10, 20, 1, 3), 30);
  note(C, Reason::second_copy, A, 1ms);
  const auto hints = pair_hints(settings_, CensusTotals(std::array<const Census*, 1>{&census_}));
  ASSERT_EQ(hints.size(), 2u);
  EXPECT_NE(hints[0].find("relaysieve set subnet_bits 23"), std::string::npos) << hints[0];
  EXPECT_EQ(hints[1], "");
}

TEST_F(AdviceTest, TheCommandMakesAllChanges) {
  twins(ip(10, 20, 0, 2), ip(10, 99, 0, 3), 100);
  pair(1500ms, 60);
  const auto json = advice_json(settings_, CensusTotals(std::array<const Census*, 1>{&census_}));
  EXPECT_EQ(json.at("command"),
            R"(relaysieve set window 2s relay_groups '{"group1":["10.20.0.0/24","10.99.0.0/24"]}')");
  EXPECT_NE(advice_text(json).find("window       1s -> 2s  (rests on 60 copies)\n"), std::string::npos)
      << advice_text(json);
}

TEST_F(AdviceTest, NothingSeenIsNothingAdvised) {
  settings_.policy.mode = Mode::bypass;
  const auto json = advice_json(settings_, CensusTotals());
  EXPECT_TRUE(json.at("command").is_null());
  EXPECT_NE(advice_text(json).find("mode bypass looks at nothing"), std::string::npos);
}

}  // namespace
}  // namespace relaysieve
