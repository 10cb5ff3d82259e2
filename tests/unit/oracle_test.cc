// SPDX-License-Identifier: Apache-2.0
// A million decisions on random streams: the filter and the oracle must agree on every verdict and reason. Some of what
// is forwarded is refused by the transmit side, and settings change meanwhile.
// One run again: ORACLE_SEED=<printed> unit_tests --gtest_filter='Oracle.*'; ORACLE_STREAMS says how many, of 4,000 each.
#include "support/oracle.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "oracle_counts.h"
#include "oracle_environment.h"
#include "relaysieve/filter.h"
#include "support/stream.h"

namespace relaysieve::test {
namespace {

// What led to a disagreement: the oracle's view of the same client's latest copies.
std::string history(const std::vector<Event>& events, const std::vector<Reason>& reasons) {
  std::ostringstream out;
  const size_t last = reasons.size() - 1;
  for (size_t i = last > 300 ? last - 300 : 0; i <= last; ++i) {
    const Copy& copy = events[i].brought->copy;
    if (copy.sent.chaddr != events[last].brought->copy.sent.chaddr) continue;
    out << "  " << i << ": " << events[i].time.count() << " ns, " << copy.what() << ", giaddr " << std::hex
        << copy.relay.giaddr << ", xid " << copy.sent.xid << std::dec << ", secs " << copy.sent.secs
        << ", server " << (copy.server.ip & 255) << (events[i].v6() ? ", DHCPv6: " : ": ")
        << info(reasons[i]).name << (events[i].refused ? ", refused\n" : "\n");
  }
  return out.str();
}

struct Seen {
  std::array<std::array<size_t, kReasonCount>, kFamilies.size()> reasons{};
  size_t frames = 0, refused = 0, policies = 0, met = 0, miscalled = 0;
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

// The clients that each bucket of fourteen lines holds: two would evict one another's.
class Buckets {
 public:
  bool has_one(const Verdict& verdict, const Reading& reading) {
    if (verdict.undo.what == Undo::What::nothing) return true;
    const Who& who = std::get<0>(reading.message);
    return holds_.try_emplace(verdict.undo.record / 14, who).first->second == who;
  }

 private:
  std::map<uint32_t, Who> holds_;
};

// False: the stream is to be played with another key of the hashes.
bool compare(uint64_t seed, uint64_t key, size_t decisions, Seen& seen) {
  Stream stream(seed);
  const Time epoch = kEpochs[seed % std::size(kEpochs)];
  const std::vector<Event> events = stream.events(decisions);
  Oracle oracle(stream.policy());
  Filter filter(std::make_shared<const Policy>(stream.policy()), {.clients = 65'536, .seed = key});
  Counts counts;
  Buckets buckets;
  std::vector<Reason> expected;
  Seen now = seen;
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    if (event.new_policy) {
      const auto policy = std::make_shared<const Policy>(stream.next_policy());
      oracle.adopt(*policy);
      filter.adopt(policy);
      filter.retune();
      ++now.policies;
    }
    const Frame frame = {event.bytes(), epoch + event.time, i + 1, event.brought->copy.relay.port};
    const Verdict verdict = filter.judge(frame);
    if (!buckets.has_one(verdict, event.reading())) return ++seen.met, false;
    const Reason reason = oracle.judge(event.time, event.reading());
    expected.push_back(filter.policy().mode == Mode::monitor ? as_monitored(reason) : reason);
    if (may_be_called(verdict.reason, expected[i])) expected[i] = verdict.reason, ++now.miscalled;
    counts.note(frame, verdict, event.reading(), expected[i]);
    ++now.reasons.at(static_cast<size_t>(verdict.family)).at(static_cast<size_t>(verdict.reason));
    if (verdict.reason != expected[i] || verdict.action != info(expected[i]).action || verdict.evicted ||
        verdict.recalled) {
      ADD_FAILURE() << info(verdict.reason).name << (verdict.evicted ? ", and something is evicted" : "")
                    << ", the oracle says " << info(expected[i]).name << ": frame " << i
                    << " of the stream with ORACLE_SEED=" << seed << " ORACLE_STREAMS=1\n"
                    << history(events, expected);
      return true;
    }
    if (event.refused && action_of(reason) == Action::forward) {
      filter.undo(verdict);
      oracle.undo();
      ++now.refused;
    }
  }
  counts.hold(events.size());
  const Time after = epoch + events.back().time + kClientHorizon + 1s;
  EXPECT_EQ(filter.occupancy(after).clients, 0u) << "all are forgotten";
  now.frames += events.size();
  seen = now;
  return true;
}

TEST(Oracle, AgreesOnEveryDecision) {
  constexpr size_t kDecisions = 4'000, kEnough = 50;
  const uint64_t seed = first_seed(), streams = streams_asked_for();
  Seen seen{};
  for (uint64_t n = 0; n < streams && !HasFailure(); ++n)
    for (uint64_t key = (seed + n) | 1; !compare(seed + n, key, kDecisions, seen);) key += 2;
  std::cout << seen.frames << " decisions, " << seen.refused << " refused, " << seen.policies << " policies, "
            << seen.met << " streams with two clients in one bucket played anew, " << seen.miscalled
            << " second copies not called rewritten\n";
  if (HasFailure() || streams < kStreams) return;
  EXPECT_LE(seen.met, streams / 20);
  EXPECT_LE(seen.miscalled, may_be_called_so(seen.frames));
  using enum Reason;
  for (const Family family : {Family::v4, Family::v6})
    for (const Reason reason :
         {second_copy, echo, turn_passed, second_copy_rewritten, would_drop_second_copy, would_drop_echo,
          would_drop_turn_passed, would_drop_second_copy_rewritten, first_copy, retransmission, late_copy,
          rewritten, other_subnet_same_relay, twin_other_scope, untrusted_relay, direct, reply, leasequery})
      EXPECT_GT(seen.reasons.at(static_cast<size_t>(family)).at(static_cast<size_t>(reason)), kEnough)
          << kFamilies.at(static_cast<size_t>(family)) << ", " << info(reason).name
          << ": the streams are too tame";
}

}  // namespace
}  // namespace relaysieve::test
