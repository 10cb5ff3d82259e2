// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "relays/advice.h"
#include "settings/settings_change.h"

namespace relaysieve {

using namespace std::chrono_literals;

// Relays that bring copies, and what is advised of it.
class AdviceTest : public testing::Test {
 protected:
  static constexpr uint32_t A = 1, B = 2, C = 3;
  static constexpr uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24 | b << 16 | c << 8 | d;
  }
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

}  // namespace relaysieve
