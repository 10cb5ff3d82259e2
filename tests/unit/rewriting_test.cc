// SPDX-License-Identifier: Apache-2.0
// A router that changes the client's options: match = content forwards its copy and counts it, match = identity
// drops it, and then keeps only options 50, 54 and 61 in the key.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

const Option kOtherClass = {kVendorClass, bytes_of("rewritten")};

class Content : public Scenario {
 protected:
  const Router rewriter = B.writing(rewriting(kOtherClass));
};

TEST_F(Content, ARewrittenCopyIsForwardedAndCounted) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover)).is(forward, rewritten);
}

TEST_F(Content, EitherOfThemMayBeFirst) {
  at(0ms, rewriter.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(forward, rewritten);
}

TEST_F(Content, EachFormHasSecondCopiesOfItsOwn) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover)).is(forward, rewritten);
  at(2ms, C.brings(discover)).is(drop, second_copy);
  at(3ms, D.writing(rewriting(kOtherClass)).brings(discover)).is(drop, second_copy);
}

TEST_F(Content, OnlyInsideTheWindow) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  at(1s, rewriter.brings(discover)).is(forward, rewritten);
  at(3s, C.brings(discover.with(kOtherClass).with({kMaxSize, {9, 9}}))).is(forward, first_copy);
}

TEST_F(Content, OtherOptionsByTheSameRelayAreTheClientsDoing) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(250ms, A.brings(discover.with(kOtherClass))).is(forward, first_copy);
  at(251ms, B.brings(discover.with(kOtherClass))).is(drop, second_copy);
}

TEST_F(Content, OtherWordsThanOptionsAreAnotherRequest) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover.but(&Transmission::secs, 4))).is(forward, first_copy);
  at(2ms, rewriter.brings(discover.but(&Transmission::xid, 4))).is(forward, first_copy);
  at(3ms, rewriter.brings(discover).to(kSecondServer)).is(forward, first_copy);
}

class Identity : public Content {
 protected:
  void SetUp() override { given({.match = Match::identity}); }
};

TEST_F(Identity, ARewrittenCopyIsDropped) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover)).is(drop, second_copy_rewritten);
  at(2ms, C.brings(discover)).is(drop, second_copy);
}

TEST_F(Identity, EitherOfThemMayBeFirst) {
  at(0ms, rewriter.brings(discover)).is(forward, first_copy);
  at(1ms, A.brings(discover)).is(drop, second_copy_rewritten);
}

TEST_F(Identity, TheRewriterAloneIsARelayLikeAnyOther) {
  at(0ms, rewriter.brings(discover)).is(forward, first_copy);
  at(50ms, rewriter.brings(discover)).is(drop, echo);
  at(250ms, rewriter.brings(discover)).is(forward, retransmission);
}

TEST_F(Identity, TheRetransmissionPassesOnce) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover)).is(drop, second_copy_rewritten);
  at(250ms, rewriter.brings(discover)).is(forward, retransmission);
  at(251ms, A.brings(discover)).is(drop, second_copy_rewritten);
}

TEST_F(Identity, TheRequestedAddressTheServerAndTheClientIdAreKept) {
  Duration time = 0ms;
  at(time, A.brings(request.with({kClientId, {1, 2}}))).is(forward, first_copy);
  for (const Option& other : {Option{kRequestedAddress, {10, 20, 0, 99}}, Option{kServerId, {10, 30, 0, 99}},
                              Option{kClientId, {1, 3}}}) {
    at(time += 1ms, A.brings(request.with({kClientId, {1, 2}}).with(other))).is(forward, first_copy);
  }
  at(time += 1ms, B.brings(request.with({kClientId, {1, 2}}))).is(drop, second_copy);
}

TEST_F(Identity, AnotherServerIdFromAnotherRelayIsAnotherRequest) {
  at(0ms, A.brings(request)).is(forward, first_copy);
  at(1ms, B.brings(request.with({kServerId, {10, 30, 0, 99}}))).is(forward, first_copy);
}

TEST_F(Identity, AllOtherOptionsAreLeftOut) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover.without(kParameterList))).is(drop, second_copy_rewritten);
  at(2ms, C.brings(discover.with({kUserClass, {1}}))).is(drop, second_copy_rewritten);
}

TEST_F(Identity, TheMessageTypeStaysInTheKey) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover.with({kMessageType, {kInform}}))).is(forward, first_copy);
}

TEST_F(Identity, MonitorModeSaysWhatWouldGo) {
  given({.mode = Mode::monitor, .match = Match::identity});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, rewriter.brings(discover)).is(forward, would_drop_second_copy_rewritten);
}

}  // namespace
}  // namespace relaysieve::test
