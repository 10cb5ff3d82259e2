// SPDX-License-Identifier: Apache-2.0
// The filter beside the oracle, whose memory is endless, while its own is one bucket: what had to be evicted may be
// forwarded, and says why; what is dropped has been forwarded before.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "relaysieve/filter.h"
#include "support/oracle.h"
#include "support/stream.h"

namespace relaysieve::test {
namespace {

using Chaddr = std::array<uint8_t, 16>;

class OneBucket : public testing::Test {
 protected:
  // `boards` ask at once, and a bucket has fourteen lines.
  void play(uint64_t seed, uint8_t boards) {
    Stream stream(seed);
    policy_ = stream.policy();
    policy_.turn_after = 0s;  // what is held back has not been forwarded
    Oracle oracle(policy_);
    Filter filter(std::make_shared<const Policy>(policy_), {.clients = 1, .seed = seed});
    now_ = Time::min();
    heard_.clear(), astray_.clear(), forwarded_.clear();
    for (const Event& event : stream.events(2'000, boards)) {
      now_ = std::max(now_, event.time);
      const Copy& copy = *event.copy;
      const Reading reading = event.reading(policy_);
      const Verdict verdict = filter.judge({event.bytes(), event.time, 1, copy.relay.port});
      compare(copy, verdict, oracle.judge(event.time, reading));
      look_back(reading.key(), verdict);
      ++frames_;
    }
  }

  // As long as nothing of a client's was lost, only that can make a difference. A client that was silent for as long as
  // anything is remembered begins anew.
  void compare(const Copy& copy, const Verdict& verdict, Reason reason) {
    const Chaddr& client = copy.sent.chaddr;
    if (const auto heard = heard_.find(client); heard == heard_.end() || now_ - heard->second > kForgotten)
      astray_.erase(client);
    heard_[client] = now_;
    if (astray_.contains(client)) return;
    ++compared_;
    if (verdict.reason == reason) return;
    astray_.insert(client);
    const auto names = [&] {
      return std::string(info(verdict.reason).name) + " where the oracle says " +
             std::string(info(reason).name);
    };
    if (verdict.dropped()) {
      EXPECT_TRUE(verdict.recalled) << names();
    } else if (action_of(reason) == Action::drop) {
      EXPECT_TRUE(verdict.reason == Reason::over_capacity || verdict.reason == Reason::evicted_retry)
          << names();
    }
  }

  // A drop has a forwarded copy at most a window before it; or a quarter more, where it is recalled.
  void look_back(const auto& key, const Verdict& verdict) {
    if (!verdict.dropped()) {
      forwarded_[key] = now_;
      retries_ += verdict.reason == Reason::evicted_retry;
      return;
    }
    ++dropped_;
    recalled_ += verdict.recalled;
    const auto before = forwarded_.find(key);
    const Duration most = verdict.recalled ? policy_.window * 5 / 4 : policy_.window;
    if (before != forwarded_.end() && now_ - before->second <= most) return;
    EXPECT_TRUE(verdict.recalled) << "dropped, and never forwarded";
    ++taken_for_another_;
  }

  static constexpr Duration kForgotten = 2 * kLateHorizon;
  Policy policy_;
  Time now_;
  std::map<Chaddr, Time> heard_;
  std::set<Chaddr> astray_;  // clients of whom something was lost
  std::map<std::tuple<Message, Scope, Options>, Time> forwarded_;
  size_t frames_ = 0, compared_ = 0, dropped_ = 0, recalled_ = 0, retries_ = 0, taken_for_another_ = 0;
};

TEST_F(OneBucket, DropsNothingThatWasNotForwarded) {
  for (uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed)
    play(seed, static_cast<uint8_t>(3 + seed % 20));
  EXPECT_LE(static_cast<double>(taken_for_another_), 0.0016 * static_cast<double>(frames_))
      << "the stated bound";
  EXPECT_GT(compared_, frames_ / 4);
  EXPECT_GT(dropped_, frames_ / 10);
  EXPECT_GT(recalled_, 100u);
  EXPECT_GT(retries_, 100u);
  std::printf("%zu decisions, %zu compared, %zu dropped, %zu of them recalled, %zu for another one's\n",
              frames_, compared_, dropped_, recalled_, taken_for_another_);
}

}  // namespace
}  // namespace relaysieve::test
