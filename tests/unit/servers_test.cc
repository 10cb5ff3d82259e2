// SPDX-License-Identifier: Apache-2.0
// A relay sends one copy per helper address: copies to two servers are not duplicates of each other.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Servers = Scenario;

TEST_F(Servers, EachServerGetsOneCopy) {
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(50us, A.brings(discover).to(kSecondServer)).is(forward, first_copy);
  at(100us, B.brings(discover).to(kServer)).is(drop, second_copy);
  at(150us, B.brings(discover).to(kSecondServer)).is(drop, second_copy);
}

TEST_F(Servers, EachServerMayBeServedByAnotherRouter) {
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(10us, B.brings(discover).to(kSecondServer)).is(forward, first_copy);
  at(50us, A.brings(discover).to(kSecondServer)).is(drop, second_copy);
  at(60us, B.brings(discover).to(kServer)).is(drop, second_copy);
}

class ServerGroup : public Scenario {
 protected:
  void SetUp() override { given({.server_groups = {{"10.30.0.10"_ip, "10.30.0.11"_ip}}}); }
};

TEST_F(ServerGroup, ACopyToAnotherMemberIsACopy) {
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(100us, B.brings(discover).to(kSecondServer)).is(drop, second_copy);
}

TEST_F(ServerGroup, OneRoutersCopyToEachMemberCountsOnce) {
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(50us, A.brings(discover).to(kSecondServer)).is(drop, echo);
  at(100us, B.brings(discover).to(kServer)).is(drop, second_copy);
  at(150us, B.brings(discover).to(kSecondServer)).is(drop, echo);
}

TEST_F(ServerGroup, TheClientsNextTransmissionPasses) {
  at(0ms, A.brings(discover).to(kSecondServer)).is(forward, first_copy);
  at(1ms, B.brings(discover).to(kServer)).is(drop, second_copy);
  at(250ms, A.brings(discover).to(kServer)).is(forward, retransmission);
  at(251ms, B.brings(discover).to(kSecondServer)).is(drop, second_copy);
}

TEST_F(ServerGroup, AServerOutsideTheGroupStaysAServerOfItsOwn) {
  const Server third = {"10.30.0.12"_ip};
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(50us, A.brings(discover).to(third)).is(forward, first_copy);
  at(100us, B.brings(discover).to(third)).is(drop, second_copy);
}

TEST_F(ServerGroup, TwoGroupsAreTwoServers) {
  given({.server_groups = {{"10.30.0.10"_ip, "10.30.0.11"_ip}, {"10.31.0.10"_ip, "10.31.0.11"_ip}}});
  at(0us, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(10us, A.brings(discover).to({"10.31.0.10"_ip})).is(forward, first_copy);
  at(20us, B.brings(discover).to({"10.31.0.11"_ip})).is(drop, second_copy);
  at(30us, B.brings(discover).to(kSecondServer)).is(drop, second_copy);
}

TEST_F(ServerGroup, TurnsAreTakenAtTheGroup) {
  at(0s, A.brings(discover).to(kServer)).is(forward, first_copy);
  at(0s, B.brings(discover).to(kSecondServer)).is(drop, second_copy);
  at(4s, A.brings(discover).to(kSecondServer)).is(drop, turn_passed);
  at(4s, B.brings(discover).to(kServer)).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test
