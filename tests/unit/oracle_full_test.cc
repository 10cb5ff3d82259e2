// SPDX-License-Identifier: Apache-2.0
// The filter beside the oracle, whose memory is endless, while its own is one bucket, or a few. Until something of a client's
// had to go, both say the same of it; what then differs first is what an eviction can do. And of every copy, whatever had to
// go: what is dropped has been forwarded before.
// One run again: ORACLE_SEED=<printed> ORACLE_STREAMS=5 unit_tests --gtest_filter='*OracleFull*'
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "oracle_counts.h"
#include "oracle_environment.h"
#include "relaysieve/filter.h"
#include "support/oracle.h"
#include "support/stream.h"

namespace relaysieve::test {
namespace {

class OracleFull : public testing::TestWithParam<size_t> {
 protected:
  // `boards` ask at once, and a bucket has fourteen lines.
  void play(uint64_t seed, uint8_t boards) {
    seed_ = seed;
    Stream stream(seed);
    policy_ = stream.policy();
    Oracle oracle(policy_);
    // So many clients' capacity is so many buckets: six ways for every five.
    Filter filter(std::make_shared<const Policy>(policy_),
                  {.clients = GetParam() * 14 * 5 / 6, .seed = seed | 1});
    now_ = Time::min(), retuned_ = {};
    clients_.clear(), keys_.clear();
    Counts counts;
    const std::vector<Event> events = stream.events(2'000, boards);
    for (const Event& event : events) {
      if (event.new_policy) {
        policy_ = stream.next_policy();
        policy_.mode = Mode::enforce;
        oracle.adopt(policy_);
        filter.adopt(std::make_shared<const Policy>(policy_));
        filter.retune();
        retuned_ = std::max(now_, event.time);
      }
      const Reading& reading = event.reading();
      const Frame frame = {event.bytes(), event.time, ++frames_, event.brought->copy.relay.port};
      const Verdict verdict = filter.judge(frame);
      const Reason reason = oracle.judge(event.time, reading);
      counts.note(frame, verdict, reading, verdict.reason);
      ASSERT_EQ(verdict.action, action_of(verdict.reason));
      if (reading.passes) {
        ASSERT_EQ(info(verdict.reason).name, info(reason).name);
        continue;
      }
      now_ = std::max(now_, event.time);
      Known& client = known(reading);
      client.heard_of.insert(reading.relay);
      Seen& key = keys_[reading.key()];
      compare(client, verdict, reason, joins(oracle));
      look_back(client, key, reading.relay, verdict);
      if (event.refused && action_of(reason) == Action::forward) oracle.undo();
      if (event.refused && !verdict.dropped()) take_back(filter, verdict, key);
      if (HasFailure()) return;
    }
    counts.hold(events.size());
  }

 private:
  // Of a client, as the test has seen it.
  struct Known {
    Time heard{}, since{};           // since: without a silence that makes a stranger of it
    bool astray = false;             // something of it was lost
    Relays heard_of = {}, won = {};  // who brought something since then; of whom a copy was forwarded
  };
  struct Seen {
    std::map<Relay, Time> brought = {};  // by whom, and when last
    std::optional<Time> forwarded = {}, before = {};
  };

  // A client that was silent for as long as anything is remembered begins anew.
  Known& known(const Reading& reading) {
    Known& client = clients_[std::get<0>(reading.message)];
    if (client.heard == Time() || now_ - client.heard > kClientHorizon + kLateHorizon) client = {now_, now_};
    client.heard = now_;
    return client;
  }

  std::string told(const Verdict& verdict, Reason reason) const {
    return std::string(info(verdict.reason).name) + " where the oracle says " +
           std::string(info(reason).name) + ", frame " + std::to_string(frames_) +
           ", ORACLE_SEED=" + std::to_string(seed_);
  }

  // What can differ where something had to be evicted: the filter takes for new what is not; it says so of a copy that is
  // known to be one of what was evicted (over_capacity, evicted_retry), or drops it (recalled); and it does not hold back
  // where it no longer knows how the client stands, or does where it takes it for one that began later. What was evicted
  // under another window is let go of. Of more than three relays it may have lost some: a copy of theirs counts
  // as one of a relay that has not been heard. What joins a transmission that was lost begins one: on
  // other grounds, be the reason the same or not.
  void compare(Known& client, const Verdict& verdict, Reason reason, bool joins) {
    if (client.astray) return;
    ++compared_;
    miscalled_ += may_be_called(verdict.reason, reason) && !verdict.recalled;
    const bool same =
        (verdict.reason == reason || may_be_called(verdict.reason, reason)) && !verdict.recalled;
    const bool begins = joins && verdict.undo.what == Undo::What::transmission;
    if (same && !begins) return;
    client.astray = true;
    ++astray_;
    if (same) return;
    using enum Reason;
    const bool crowded = client.heard_of.size() > 3;
    const bool unsure = verdict.reason == over_capacity || verdict.reason == evicted_retry;
    if (verdict.dropped()) {
      EXPECT_TRUE(verdict.recalled || verdict.reason == turn_passed || crowded) << told(verdict, reason);
    } else if (reason == second_copy || reason == second_copy_rewritten) {
      if (unsure || now_ - retuned_ <= 5s) return;
      // One of its relays found no room among the forgotten, where there are several lines: then it was not remembered either.
      EXPECT_EQ(info(verdict.reason).name, info(first_copy).name) << told(verdict, reason);
      EXPECT_LE(++unnoticed_, GetParam() < 16 ? 0 : 5 + compared_ / 500'000) << told(verdict, reason);
    } else if (action_of(reason) == Action::forward) {
      const bool less = knowledge(verdict.reason) < knowledge(reason);
      const bool lost_one = crowded && verdict.reason == late_copy;
      EXPECT_TRUE(unsure || less || lost_one || begins) << told(verdict, reason);
    } else {  // an echo of what was held back and so not remembered, or a turn
      EXPECT_TRUE(unsure || policy_.turn_after != 0s || now_ - retuned_ <= 5s) << told(verdict, reason);
    }
  }

  // Whether the copy that is forwarded is another relay's of a transmission that was there.
  static bool joins(const Oracle& oracle) {
    const auto& transmission = oracle.before().transmission;
    return transmission && transmission->brought.size() > 1;
  }

  // How much has to be known to say so.
  static int knowledge(Reason reason) {
    using enum Reason;
    const auto order = {first_copy, rewritten,     twin_other_scope, other_subnet_same_relay,
                        late_copy,  retransmission};
    return static_cast<int>(std::ranges::find(order, reason) - order.begin());
  }

  // A second copy has another one forwarded at most a window before it, an echo one of its own relay at most an echo window
  // before it; or a quarter of a window more, where it is recalled. Who is held back has been asking, and has won.
  void look_back(Known& client, Seen& key, const Relay& relay, const Verdict& verdict) {
    const std::optional<Time> own =
        key.brought.contains(relay) ? std::optional(key.brought.at(relay)) : std::nullopt;
    key.brought[relay] = now_;
    if (!verdict.dropped()) {
      key.before = std::exchange(key.forwarded, now_);
      client.won.insert(relay);
      retries_ += verdict.reason == Reason::evicted_retry;
      return;
    }
    ++dropped_;
    recalled_ += verdict.recalled;
    if (verdict.reason == Reason::turn_passed) {
      EXPECT_TRUE(client.won.contains(relay) && policy_.turn_after != 0s) << "held back, and has never won";
      EXPECT_GE(now_ - client.since, policy_.turn_after);
      ++held_;
    } else if (verdict.reason == Reason::echo) {
      EXPECT_TRUE(own) << "an echo of nothing, frame " << frames_;
    } else {
      const Duration most = verdict.recalled ? policy_.window * 5 / 4 : policy_.window;
      if (key.forwarded && now_ - *key.forwarded <= most) return;
      EXPECT_TRUE(verdict.recalled) << "dropped, and never forwarded, frame " << frames_;
      ++taken_for_another_;
    }
  }

  // Never delivered: what is dropped now needs another one; or one before it, where only this copy is taken back, or was never
  // remembered.
  void take_back(Filter& filter, const Verdict& verdict, Seen& key) {
    filter.undo(verdict);
    const Undo::What what = verdict.undo.what;
    key.forwarded = what == Undo::What::relay || what == Undo::What::nothing ? key.before : std::nullopt;
    ++refused_;
  }

  uint64_t seed_ = 0;
  Policy policy_;
  Time now_{}, retuned_{};
  std::map<Who, Known> clients_;
  std::map<Key, Seen> keys_;

 protected:
  size_t frames_ = 0, compared_ = 0, astray_ = 0, dropped_ = 0, recalled_ = 0, retries_ = 0, held_ = 0,
         refused_ = 0, taken_for_another_ = 0, miscalled_ = 0, unnoticed_ = 0;
};

TEST_P(OracleFull, DropsNothingThatWasNotForwarded) {
  const uint64_t seed = first_seed(), streams = std::max<uint64_t>(streams_asked_for() / 5, 1);
  for (uint64_t n = 0; n < streams && !HasFailure(); ++n)
    play(seed + n, static_cast<uint8_t>(3 + (seed + n) % 20 * std::min<size_t>(GetParam(), 3)));
  std::printf(
      "%zu decisions, %zu compared, %zu clients lost something, %zu second copies unnoticed, %zu dropped, "
      "%zu of them "
      "recalled, %zu for another one's, %zu held back, %zu evicted retries, %zu refused\n",
      frames_, compared_, astray_, unnoticed_, dropped_, recalled_, taken_for_another_, held_, retries_,
      refused_);
  if (HasFailure() || streams < kStreams / 5) return;
  EXPECT_LE(static_cast<double>(taken_for_another_), 0.0013 * static_cast<double>(frames_))
      << "the stated bound";
  EXPECT_LE(miscalled_, may_be_called_so(frames_));
  EXPECT_GT(compared_, frames_ / 4);
  EXPECT_GT(dropped_, frames_ / 10);
  EXPECT_GT(held_, frames_ / 1000);
  EXPECT_GT(refused_, frames_ / 100);
}

INSTANTIATE_TEST_SUITE_P(Buckets, OracleFull, testing::Values(1, 2, 4, 16),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace relaysieve::test
