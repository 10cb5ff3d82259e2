// SPDX-License-Identifier: Apache-2.0
// The filter's door: what a verdict says besides its reason, bursts, and names of relays.
#include "relaysieve/filter.h"

#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using FilterDoor = Scenario;

TEST_F(FilterDoor, AFirstCopyHasNoFirst) {
  const Verdict verdict = at(0ms, A.brings(discover)).is(forward, first_copy).verdict;
  EXPECT_TRUE(verdict.request);
  EXPECT_FALSE(verdict.has_first);
  EXPECT_EQ(verdict.router, verdict.first_router);
}

TEST_F(FilterDoor, ASecondCopyNamesItsFirst) {
  const Verdict other = at(0ms, A.brings(request)).is(forward, first_copy).verdict;
  const Verdict first = at(1ms, A.brings(discover)).is(forward, first_copy).verdict;
  const Verdict second = at(3150us, B.brings(discover)).is(drop, second_copy).verdict;
  EXPECT_TRUE(second.request);
  EXPECT_TRUE(second.has_first);
  EXPECT_EQ(second.first_number, 2u);
  EXPECT_EQ(second.lag, 2150us);
  EXPECT_EQ(second.first_router, first.router & Verdict::kFirstRouter);
  EXPECT_TRUE(second.has_pair());
  EXPECT_NE(second.router, first.router);
  EXPECT_EQ(other.router, first.router);
}

TEST_F(FilterDoor, TheThirdCopyNamesTheFirstToo) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  const Verdict third = at(7ms, C.brings(discover)).is(drop, second_copy).verdict;
  EXPECT_EQ(third.first_number, 1u);
  EXPECT_EQ(third.lag, 7ms);
}

TEST_F(FilterDoor, ACopyOfARetransmissionNamesTheRetransmission) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(250ms, A.brings(discover)).is(forward, retransmission);
  const Verdict second = at(253ms, B.brings(discover)).is(drop, second_copy).verdict;
  EXPECT_EQ(second.first_number, 2u);
  EXPECT_EQ(second.lag, 3ms);
}

TEST_F(FilterDoor, ALateCopySaysHowLate) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  const Verdict late = at(1800ms, B.brings(discover)).is(forward, late_copy).verdict;
  EXPECT_TRUE(late.has_first);
  EXPECT_EQ(late.first_number, 1u);
  EXPECT_EQ(late.lag, 1800ms);
}

TEST_F(FilterDoor, AFrameFromThePastIsSimultaneous) {
  at(10ms, A.brings(discover)).is(forward, first_copy);
  EXPECT_EQ(at(0ms, B.brings(discover)).is(drop, second_copy).verdict.lag, 0ms);
}

TEST_F(FilterDoor, ForeignFramesAreNoRequests) {
  EXPECT_FALSE(at(0ms, A.asking_for(0).brings(discover)).is(forward, direct).verdict.request);
  EXPECT_FALSE(at(0ms, {Bytes(60), "zeros"}).is(forward, not_dhcp).verdict.request);
}

TEST_F(FilterDoor, RoutersAreToldApartByPortMacAndAddressOnly) {
  const uint32_t router = at(0ms, A.brings(discover)).is(forward, first_copy).verdict.router;
  const auto same = [&](Duration time, const Router& other, Action action, Reason reason) {
    return at(time, other.brings(discover)).is(action, reason).verdict.router == router;
  };
  EXPECT_TRUE(same(1ms, A.writing(option82({circuit_id("x")})), drop, second_copy));
  EXPECT_TRUE(same(2ms, A.asking_for("10.20.0.99"_ip), forward, other_subnet_same_relay));
  EXPECT_FALSE(same(3ms, A.but(&Router::port, 1), drop, second_copy));
  EXPECT_FALSE(same(4ms, A.but(&Router::mac, B.mac), drop, second_copy));
  EXPECT_FALSE(same(5ms, A.but(&Router::ip, B.ip), drop, second_copy));
}

TEST(FilterNames, ARelayInWords) {
  const Router router = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip, 3};
  for (const std::vector<Tag>& tags : {std::vector<Tag>{}, {{5}}, {{7, 0x88a8}, {5}}}) {
    const Bytes bytes = router.brings(edk2().discover()).tagged(tags).bytes();
    const RelayName name = relay_of({.bytes = bytes, .port = 3});
    EXPECT_EQ(name.port, 3);
    EXPECT_TRUE(std::equal(router.mac.begin(), router.mac.end(), name.mac));
    EXPECT_EQ(name.ip, router.ip);
    EXPECT_EQ(name.giaddr, router.giaddr);
  }
}

TEST(FilterSeed, EverySeedJudgesAlike) {
  const Router one = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router two = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Bytes first = one.brings(edk2().discover()).bytes(), second = two.brings(edk2().discover()).bytes();
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Filter filter(std::make_shared<const Policy>(), {.clients = 64, .seed = seed});
    EXPECT_EQ(filter.judge({first, 0s, 1}).reason, first_copy);
    EXPECT_EQ(filter.judge({second, 1ms, 2}).reason, second_copy) << "seed " << seed;
  }
}

TEST(FilterSeed, IsAnotherAtEveryStart) {  // and with it all hashes: nobody outside can aim at a bucket
  const Bytes bytes =
      Router{"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip}.brings(edk2().discover()).bytes();
  const auto hash = [&](uint64_t seed) {
    return Filter(std::make_shared<const Policy>(), {.clients = 64, .seed = seed}).judge({bytes}).router;
  };
  EXPECT_EQ(hash(7), hash(7));
  EXPECT_NE(hash(0), hash(0));
}

TEST(FilterBurst, OneTimeForManyFrames) {
  const Router one = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router two = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  std::vector<Bytes> bytes;
  std::vector<Frame> frames;
  for (uint8_t n = 0; n < 32; ++n) {
    const Transmission sent = edk2().called({0x52, 0x54, 0, 0, 0, n}).discover();
    bytes.push_back(one.brings(sent).bytes());
    bytes.push_back(two.brings(sent).bytes());
  }
  for (const Bytes& frame : bytes) frames.push_back({frame, 5s, frames.size() + 1});
  std::vector<Verdict> verdicts(frames.size());
  Filter(std::make_shared<const Policy>()).judge(frames, verdicts);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    EXPECT_EQ(verdicts[i].reason, i % 2 ? second_copy : first_copy) << "frame " << i + 1;
    EXPECT_EQ(verdicts[i].has_first, i % 2 == 1);
    EXPECT_EQ(verdicts[i].first_number, i % 2 ? i : 0);
  }
}

TEST(FilterBurst, AnEmptyBurst) {
  Filter(std::make_shared<const Policy>()).judge(std::span<const Frame>(), std::span<Verdict>());
}

TEST(FilterPolicy, IsTheOneThatWasAdopted) {
  Filter filter(std::make_shared<const Policy>(Policy{.window = 2s}));
  EXPECT_EQ(filter.policy().window, 2s);
  filter.adopt(std::make_shared<const Policy>(Policy{.window = 3s}));
  filter.retune();
  EXPECT_EQ(filter.policy().window, 3s);
}

}  // namespace
}  // namespace relaysieve::test
