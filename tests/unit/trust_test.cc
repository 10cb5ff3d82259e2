// SPDX-License-Identifier: Apache-2.0
// trusted_relays: networks that hold both the source address and giaddr. Nobody else moves the memory.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Trust : public Scenario {
 protected:
  void SetUp() override { given({.trusted_relays = {{"10.20.0.0"_ip, 24}, {"10.30.0.0"_ip, 29}}}); }
  const Router forger = {"F", "02:66:66:66:66:66"_mac, "10.99.0.66"_ip, "10.20.0.2"_ip};
};

TEST_F(Trust, TheRelaysOfTheNetworksAreJudged) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Trust, AForgedGiaddrFromAnUntrustedSourceLeavesNoTrace) {
  at(0ms, forger.brings(discover)).is(forward, untrusted_relay);
  at(1ms, A.brings(discover)).is(forward, first_copy);
  at(2ms, forger.brings(discover)).is(forward, untrusted_relay);
  at(3ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Trust, ATrustedSourceWithAForeignGiaddr) {
  at(0ms, A.asking_for("192.168.1.2"_ip).brings(discover)).is(forward, untrusted_relay);
  at(1ms, A.asking_for("192.168.1.2"_ip).brings(discover)).is(forward, untrusted_relay);
}

TEST_F(Trust, AllSixteenAddressesOfA28AndNotTheNext) {
  given({.trusted_relays = {{"10.20.0.3"_ip, 28}, {"10.30.0.2"_ip}}});  // bits beyond the prefix do not count
  at(0ms, A.asking_for("10.20.0.0"_ip).brings(discover)).is(forward, first_copy);
  at(1ms, A.asking_for("10.20.0.15"_ip).brings(discover)).is(forward, other_subnet_same_relay);
  at(2ms, A.asking_for("10.20.0.16"_ip).brings(discover)).is(forward, untrusted_relay);
  at(3ms, B.asking_for("10.20.0.3"_ip).brings(discover)).is(forward, untrusted_relay);
}

TEST_F(Trust, AnEmptyListTrustsAll) {
  given({});
  at(0ms, forger.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(drop, second_copy);
}

// Without the list a forger on a trusted path gets ahead of a client, until the client's next turn.
TEST_F(Trust, WhatAForgerCanDoWithoutTheList) {
  given({});
  at(0s, forger.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(drop, second_copy);
  at(4s, forger.brings(discover)).is(drop, turn_passed);
  at(4s + 1ms, A.brings(discover)).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test
