// SPDX-License-Identifier: Apache-2.0
// Monitor and bypass, and what becomes of the memory when the policy changes or is flushed.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

using Modes = Scenario;

TEST_F(Modes, MonitorForwardsAndSaysWhatWouldGo) {
  given({.mode = Mode::monitor});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(forward, would_drop_second_copy);
  at(2ms, B.brings(discover)).is(forward, would_drop_echo);
  at(250ms, B.brings(discover)).is(forward, retransmission);
  at(251ms, A.brings(discover)).is(forward, would_drop_second_copy);
  at(252ms, A.asking_for(0).brings(discover)).is(forward, direct);
}

TEST_F(Modes, BypassLooksAtNothing) {
  given({.mode = Mode::bypass});
  at(0ms, A.brings(discover)).is(forward, bypassed);
  at(1ms, B.brings(discover)).is(forward, bypassed);
  at(2ms, A.brings(discover.but(&Transmission::op, 2))).is(forward, bypassed);
  at(3ms, {Bytes{1, 2, 3}, "three bytes"}).is(forward, bypassed);
  at(4ms, {Bytes{}, "nothing"}).is(forward, bypassed);
}

TEST_F(Modes, WhatMonitorSawCountsWhenItBecomesEnforce) {
  given({.mode = Mode::monitor});
  at(0ms, A.brings(discover)).is(forward, first_copy);
  given({.mode = Mode::enforce});
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

TEST_F(Modes, WhatBypassLetThroughWasNotSeen) {
  given({.mode = Mode::bypass});
  at(0ms, A.brings(discover)).is(forward, bypassed);
  given({.mode = Mode::enforce});
  at(1ms, B.brings(discover)).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(drop, second_copy);
}

TEST_F(Modes, RecordsOutliveANewPolicy) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  given({.echo_window = 50ms});
  at(60ms, B.brings(discover)).is(drop, second_copy);
  at(61ms, A.brings(discover)).is(forward, retransmission);
}

TEST_F(Modes, AFlushForgetsRecordsAndTurns) {
  at(0s, A.brings(discover)).is(forward, first_copy);
  flush();
  at(1ms, B.brings(discover)).is(forward, first_copy);
  at(2ms, A.brings(discover)).is(drop, second_copy);
  flush();
  at(4s, B.brings(discover)).is(forward, first_copy);
}

}  // namespace
}  // namespace relaysieve::test
