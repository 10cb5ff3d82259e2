// SPDX-License-Identifier: Apache-2.0
// A million decisions on random streams: the filter and the oracle must agree on every verdict and reason. Some of what
// is forwarded is refused by the transmit side, and settings change meanwhile.
// One run again: ORACLE_SEED=<printed> unit_tests --gtest_filter='Oracle.*'; ORACLE_STREAMS says how many, of 4,000 each.
#include "support/oracle.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <numeric>
#include <sstream>

#include "relaysieve/filter.h"
#include "support/stream.h"

namespace relaysieve::test {
namespace {

// What led to a disagreement: the oracle's view of the same client's latest copies.
std::string history(const std::vector<Event>& events, const std::vector<Reason>& reasons) {
  std::ostringstream out;
  const size_t last = reasons.size() - 1;
  for (size_t i = last > 300 ? last - 300 : 0; i <= last; ++i) {
    const Copy& copy = *events[i].copy;
    if (copy.sent.chaddr != events[last].copy->sent.chaddr) continue;
    out << "  " << i << ": " << events[i].time.count() << " ns, " << copy.what() << ", giaddr " << std::hex
        << copy.relay.giaddr << ", xid " << copy.sent.xid << std::dec << ", secs " << copy.sent.secs
        << ", server " << (copy.server.ip & 255) << (events[i].copy6 ? ", DHCPv6: " : ": ")
        << info(reasons[i]).name << (events[i].refused ? ", refused\n" : "\n");
  }
  return out.str();
}

struct Seen {
  std::array<size_t, kReasonCount> reasons{};
  size_t frames = 0, forwarded = 0, dropped = 0, refused = 0, policies = 0;

  size_t sum() const { return std::accumulate(reasons.begin(), reasons.end(), size_t{0}); }
};

// Where a stream's time begins: at the epoch, before it, at both ends of what can be said, and where 32 bits of
// microseconds or of quarters of a window would wrap.
constexpr Time kEpochs[] = {0s,
                            -20'000s,
                            Time::min() + 1h,
                            Time::max() - 24h * 30,
                            Time(int64_t{1} << 42) - 2000s,
                            10ms * (int64_t{1} << 30) - 2000s,
                            1000ms * (int64_t{1} << 30) - 2000s};

void compare(uint64_t seed, size_t decisions, Seen& seen) {
  Stream stream(seed);
  const Time epoch = kEpochs[seed % std::size(kEpochs)];
  const std::vector<Event> events = stream.events(decisions);
  Oracle oracle(stream.policy());
  Filter filter(std::make_shared<const Policy>(stream.policy()), {.clients = 65'536, .seed = seed | 1});
  std::vector<Reason> expected;
  for (size_t i = 0; i < events.size(); ++i) {
    const Copy& copy = *events[i].copy;
    if (events[i].new_policy) {
      const auto policy = std::make_shared<const Policy>(stream.next_policy());
      oracle.adopt(*policy);
      filter.adopt(policy);
      filter.retune();
      ++seen.policies;
    }
    const Bytes bytes = events[i].bytes();
    const Verdict verdict = filter.judge({bytes, epoch + events[i].time, i + 1, copy.relay.port});
    const Reason reason = oracle.judge(events[i].time, events[i].reading(filter.policy()));
    expected.push_back(filter.policy().mode == Mode::monitor ? as_monitored(reason) : reason);
    ++seen.reasons.at(static_cast<size_t>(verdict.reason));
    ++(verdict.dropped() ? seen.dropped : seen.forwarded);
    ASSERT_EQ(info(verdict.reason).name, info(expected[i]).name)
        << "frame " << i << " of the stream with ORACLE_SEED=" << seed << " ORACLE_STREAMS=1\n"
        << history(events, expected);
    ASSERT_EQ(verdict.action, info(expected[i]).action);
    if (events[i].refused && action_of(reason) == Action::forward) {
      filter.undo(verdict);
      oracle.undo();
      ++seen.refused;
    }
  }
  seen.frames += events.size();
  ASSERT_EQ(seen.sum(), seen.frames) << "every frame has one reason";
  ASSERT_EQ(seen.forwarded + seen.dropped, seen.frames);
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 0) : otherwise;
}

TEST(Oracle, AgreesOnEveryDecision) {
  constexpr size_t kDecisions = 4'000;
  const uint64_t seed = from_environment("ORACLE_SEED", std::random_device()());
  const uint64_t streams = from_environment("ORACLE_STREAMS", 250);
  std::cout << "ORACLE_SEED=" << seed << "\n";
  Seen seen{};
  for (uint64_t n = 0; n < streams && !HasFatalFailure(); ++n) compare(seed + n, kDecisions, seen);
  std::cout << seen.frames << " decisions, " << seen.refused << " refused, " << seen.policies
            << " policies\n";
  if (HasFatalFailure() || streams < 250) return;
  using enum Reason;
  for (Reason reason : {first_copy, second_copy, echo, retransmission, turn_passed, late_copy, rewritten,
                        second_copy_rewritten, other_subnet_same_relay, twin_other_scope}) {
    EXPECT_GT(seen.reasons.at(static_cast<size_t>(reason)), 1000u)
        << info(reason).name << ": the streams are too tame";
  }
}

}  // namespace
}  // namespace relaysieve::test
