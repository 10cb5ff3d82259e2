// SPDX-License-Identifier: Apache-2.0
// How many events are told in a minute, by a clock of the test's own.
#include "events/event_limit.h"

#include <gtest/gtest.h>

#include <string>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using enum EventKind;

struct Told : EventLimit {
  bool admits(EventKind kind, const std::string& about, Time now) { return admit({kind, about, "x"}, now); }
  // "link_lost eth1 3;", an entry for each that is due.
  std::string due_at(Time now) {
    std::string all;
    for (const auto& [what, left_out] : due(now))
      all += std::string(info(what.kind).name) + " " + what.about + " " + std::to_string(left_out) + ";";
    return all;
  }
};

TEST(EventLimit, ALossAndItsEndAreToldAtOnce) {
  Told limit;
  EXPECT_TRUE(limit.admits(link_lost, "eth1", 0s));
  EXPECT_TRUE(limit.admits(link_back, "eth1", 1s));
  EXPECT_EQ(limit.due_at(60s), "");
}

TEST(EventLimit, OfAFlickeringLinkTheLatestIsToldWhenTheMinuteIsOver) {
  Told limit;
  for (int n = 0; n < 20; ++n) {
    EXPECT_EQ(limit.admits(link_lost, "eth1", n * 2s), n == 0);
    EXPECT_EQ(limit.admits(link_back, "eth1", n * 2s + 1s), n == 0);
  }
  EXPECT_FALSE(limit.admits(link_lost, "eth1", 50s));
  EXPECT_EQ(limit.due_at(60s - 1ns), "");
  EXPECT_EQ(limit.due_at(60s), "link_lost eth1 38;") << "it is down, and that is what was told last";
  EXPECT_EQ(limit.due_at(61s), "") << "once";
}

TEST(EventLimit, WhatWasToldLateCountsInTheNextMinute) {
  Told limit;
  for (int n = 0; n < 5; ++n) limit.admits(late_copies, "A", 0s);
  EXPECT_EQ(limit.due_at(60s), "late_copies A 2;");
  EXPECT_TRUE(limit.admits(late_copies, "A", 61s));
  EXPECT_FALSE(limit.admits(late_copies, "A", 62s));
  EXPECT_EQ(limit.due_at(119s), "");
  EXPECT_EQ(limit.due_at(120s), "late_copies A 0;");
}

TEST(EventLimit, AfterAQuietMinuteItBeginsAnew) {
  Told limit;
  EXPECT_TRUE(limit.admits(flushed, "", 0s));
  EXPECT_TRUE(limit.admits(flushed, "", 0s));
  EXPECT_FALSE(limit.admits(flushed, "", 59s));
  EXPECT_EQ(limit.due_at(60s), "flushed  0;");
  EXPECT_EQ(limit.due_at(120s), "");
  EXPECT_TRUE(limit.admits(flushed, "", 120s));
  EXPECT_TRUE(limit.admits(flushed, "", 120s));
}

TEST(EventLimit, NobodyHasToAskWhatIsDue) {  // the time alone lets the next one pass
  Told limit;
  EXPECT_TRUE(limit.admits(flushed, "", 0s));
  EXPECT_TRUE(limit.admits(flushed, "", 0s));
  EXPECT_TRUE(limit.admits(flushed, "", 60s));
}

TEST(EventLimit, SubjectsAndKindsDoNotDisturbEachOther) {
  Told limit;
  for (int n = 0; n < 100; ++n) limit.admits(late_copies, "A", 0s);
  EXPECT_TRUE(limit.admits(late_copies, "B", 0s));
  EXPECT_TRUE(limit.admits(relay_silent, "A", 0s));
  EXPECT_TRUE(limit.admits(worker_stalled, "0", 0s));
}

TEST(EventLimit, ManySubjectsOfOneKindAreAFloodToo) {
  Told limit;
  unsigned told = 0;
  for (unsigned n = 0; n < 1000; ++n) told += limit.admits(relay_new, std::to_string(n), 0s);
  EXPECT_EQ(told, EventLimit::kOfAKind);
  EXPECT_TRUE(limit.admits(link_lost, "eth1", 0s)) << "another kind";
  EXPECT_EQ(limit.due_at(60s), "relay_new 999 969;");
}

}  // namespace
}  // namespace relaysieve
