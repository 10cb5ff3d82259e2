// SPDX-License-Identifier: Apache-2.0
#include "ports/driver_choice.h"

#include <gtest/gtest.h>

namespace relaysieve {
namespace {

// A network card that AF_XDP suits.
InterfaceFacts card(unsigned queues = 1) {
  return {.kernel_driver = "ixgbe", .mtu = 1500, .rx_queues = queues, .tx_queues = queues};
}

TEST(DriverChoice, AQueueForEachWorkerSuitsAfXdp) {
  EXPECT_EQ(why_not_af_xdp(card(1), 1), std::nullopt);
  EXPECT_EQ(why_not_af_xdp(card(8), 8), std::nullopt);
}

TEST(DriverChoice, QueuesThatNobodyAsksAreNamedWithTheNumberThatFits) {
  EXPECT_EQ(why_not_af_xdp(card(2), 1), "it has 2 receive queues for 1 worker; --workers 2 would fit");
  EXPECT_EQ(why_not_af_xdp(card(1), 3), "it has 1 receive queue for 3 workers; --workers 1 would fit");
}

TEST(DriverChoice, EveryWorkerNeedsAQueueToSendOn) {
  InterfaceFacts facts = card(2);
  facts.tx_queues = 1;
  EXPECT_EQ(why_not_af_xdp(facts, 2), "it has 1 transmit queue for 2 workers");
}

TEST(DriverChoice, QueuesThatCannotBeCountedMayBeMissed) {
  EXPECT_EQ(why_not_af_xdp(card(0), 1), "its queues cannot be counted");
}

TEST(DriverChoice, TheLongestMtuIsNamed) {
  InterfaceFacts facts = card();
  facts.mtu = 3818;
  EXPECT_EQ(why_not_af_xdp(facts, 1), std::nullopt);
  facts.mtu = 3819;
  EXPECT_EQ(why_not_af_xdp(facts, 1), "its MTU is 3819, and no more than 3818 fits");
  facts.kernel_driver = "veth";
  facts.kernel_restores_tags = true;
  EXPECT_EQ(why_not_af_xdp(facts, 1), "its MTU is 3819, and no more than 3506 fits");
  facts.mtu = 3506;
  EXPECT_EQ(why_not_af_xdp(facts, 1), std::nullopt);
}

TEST(DriverChoice, NoTagIsLost) {
  InterfaceFacts facts = card();
  facts.kernel_driver = "veth";
  EXPECT_EQ(why_not_af_xdp(facts, 1), "before Linux 6.8 VLAN tags are lost on a veth");
  facts.kernel_restores_tags = true;
  EXPECT_EQ(why_not_af_xdp(facts, 1), std::nullopt);
  facts = card();
  facts.keeps_stripping = true;
  EXPECT_EQ(why_not_af_xdp(facts, 1), "it takes VLAN tags off frames, and cannot be told not to");
}

TEST(DriverChoice, SomebodysProgrammeStaysWhereItIs) {
  InterfaceFacts facts = card();
  facts.has_programme = true;
  EXPECT_EQ(why_not_af_xdp(facts, 1), "another XDP programme is on it");
}

TEST(DriverChoice, WhatIsChangedLaterIsNoticed) {
  EXPECT_EQ(what_af_xdp_misses(2, 1500, 2), std::nullopt);
  EXPECT_EQ(what_af_xdp_misses(1, 1500, 2), std::nullopt);  // the other queue is silent: nothing is lost
  EXPECT_EQ(what_af_xdp_misses(4, 1500, 2),
            "it has 4 receive queues now for 2 workers: the frames of the others are lost");
  EXPECT_EQ(what_af_xdp_misses(2, 9000, 2), "its MTU is 9000 now: frames for more than 3818 are lost");
}

}  // namespace
}  // namespace relaysieve
