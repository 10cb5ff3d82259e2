// SPDX-License-Identifier: Apache-2.0
#include "advice_fixture.h"
#include "relays/advice.h"

namespace relaysieve {
namespace {

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

// Two VRFs, DHCPv6, and link selections that say nothing.
TEST_F(AdviceTest, TwinsOfNoSubnetAreNotJoined) {
  twins(0, 0, 30);
  EXPECT_FALSE(on("subnet_bits").changes());
  EXPECT_TRUE(says(on("subnet_bits"), "30 requests came from two scopes at once that are no IPv4 networks"));
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
