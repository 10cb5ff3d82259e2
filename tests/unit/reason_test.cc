// SPDX-License-Identifier: Apache-2.0
// The one list of reasons, as users see it.
#include "relaysieve/reason.h"

#include <gtest/gtest.h>

#include <set>

namespace relaysieve {
namespace {

TEST(Reasons, ListIsTheDocumentedOne) {
  const std::set<std::string_view> documented = {"second_copy",
                                                 "echo",
                                                 "turn_passed",
                                                 "second_copy_rewritten",
                                                 "looped",
                                                 "would_drop_second_copy",
                                                 "would_drop_echo",
                                                 "would_drop_turn_passed",
                                                 "would_drop_second_copy_rewritten",
                                                 "first_copy",
                                                 "retransmission",
                                                 "late_copy",
                                                 "rewritten",
                                                 "other_subnet_same_relay",
                                                 "twin_other_scope",
                                                 "evicted_retry",
                                                 "over_capacity",
                                                 "untrusted_relay",
                                                 "direct",
                                                 "reply",
                                                 "leasequery",
                                                 "prefix_delegation",
                                                 "not_dhcp",
                                                 "fragment",
                                                 "malformed_ip",
                                                 "malformed_udp",
                                                 "malformed_bootp",
                                                 "malformed_options",
                                                 "malformed_dhcp6",
                                                 "nested_too_deep",
                                                 "server_side",
                                                 "bypassed"};
  std::set<std::string_view> listed;
  for (const ReasonInfo& reason : kReasons) EXPECT_TRUE(listed.insert(reason.name).second) << reason.name;
  EXPECT_EQ(listed, documented);
}

TEST(Reasons, FiveAreDropsAndFourTheRules) {
  std::set<std::string_view> drops;
  for (const ReasonInfo& reason : kReasons) {
    if (reason.action == Action::drop) drops.insert(reason.name);
  }
  EXPECT_EQ(drops, (std::set<std::string_view>{"second_copy", "echo", "turn_passed", "second_copy_rewritten",
                                               "looped"}));
}

TEST(Reasons, MonitorModeForwardsWhatTheRuleDropsAndNamesTheDrop) {
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (static_cast<Reason>(i) == Reason::looped) continue;  // not the rule's: a loop is cut in every mode
    const ReasonInfo& monitored = info(as_monitored(static_cast<Reason>(i)));
    EXPECT_EQ(monitored.action, Action::forward) << kReasons[i].name;
    const std::string prefix = kReasons[i].action == Action::drop ? "would_drop_" : "";
    EXPECT_EQ(monitored.name, prefix + std::string(kReasons[i].name));
  }
}

TEST(Reasons, EachExplainsItselfInOneLine) {
  for (const ReasonInfo& reason : kReasons) {
    EXPECT_GT(reason.sentence.size(), 10u) << reason.name;
    EXPECT_EQ(reason.sentence.find('\n'), std::string_view::npos) << reason.name;
  }
}

}  // namespace
}  // namespace relaysieve
