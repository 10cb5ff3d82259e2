// SPDX-License-Identifier: Apache-2.0
// The filter beside the oracle where the streams are short and all of them are tried: a copy that is lost, late or overtaken
// is one that does not stand there, or stands elsewhere. ORACLE_DEPTH says how long they are (4).
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "oracle_counts.h"
#include "oracle_environment.h"
#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/network.h"
#include "support/oracle.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
const Router B = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
const Router C = {"C", "02:00:00:30:00:04"_mac, "10.30.0.4"_ip, "10.20.0.4"_ip};
const Transmission discover = u_boot().discover(), request = u_boot().request();

// What may come next: any of the copies, after any of the gaps, and be refused should it be forwarded.
struct Letters {
  std::vector<Copy> copies;
  std::vector<Duration> gaps;
  bool refusals = false;

  size_t count() const { return copies.size() * gaps.size() * (refusals ? 2 : 1); }
  size_t copy(size_t letter) const { return letter % copies.size(); }
  Duration gap(size_t letter) const { return gaps[letter / copies.size() % gaps.size()]; }
  bool refused(size_t letter) const { return letter / copies.size() >= gaps.size(); }
};

class AllStreams {
 public:
  AllStreams(Letters letters, const Policy& policy) : letters_(std::move(letters)), policy_(policy) {
    for (const Copy& copy : letters_.copies) {
      frames_.push_back(copy.bytes());
      readings_.push_back(read(copy, policy));
    }
  }

  void agree() {
    std::vector<size_t> letters(from_environment("ORACLE_DEPTH", 4), 0);
    size_t streams = 0;
    for (bool more = true; more; ++streams) {
      play(letters);
      if (testing::Test::HasFatalFailure()) return;
      more = false;
      for (size_t i = letters.size(); i-- > 0 && !more;) {
        // The first one's gap means nothing.
        letters[i] =
            (letters[i] + 1) % (i == 0 && !letters_.refusals ? letters_.copies.size() : letters_.count());
        more = letters[i] != 0;
      }
    }
    counts_.hold(streams * letters.size());
    EXPECT_GT(forwarded_, streams) << "each stream's first copy passes, and more";
    EXPECT_GT(dropped_, streams / 20);
  }

 private:
  void play(const std::vector<size_t>& letters) {
    // 1000 s are long enough for everything to be forgotten. Time ends after nine million streams, so before that all
    // begins anew.
    constexpr Time kLast = 24h * 365 * 100;
    if (!filter_ || start_ > kLast) {
      filter_.emplace(std::make_shared<const Policy>(policy_), Filter::Options{.clients = 64, .seed = 1});
      start_ = {};
    }
    start_ += 1000s;
    Oracle oracle(policy_);
    Time time = start_;
    std::ostringstream story;
    for (const size_t letter : letters) {
      time += letters_.gap(letter);
      const Copy& copy = letters_.copies[letters_.copy(letter)];
      const Frame frame = {frames_[letters_.copy(letter)], time, 1, copy.relay.port};
      const Verdict verdict = filter_->judge(frame);
      const Reading& reading = readings_[letters_.copy(letter)];
      const Reason reason = oracle.judge(time, reading);
      counts_.note(frame, verdict, reading, reason);
      ++(verdict.dropped() ? dropped_ : forwarded_);
      if (verdict.reason != reason || verdict.action != info(reason).action)
        FAIL() << told(letters) << "the last one that counts: " << info(verdict.reason).name
               << ", the oracle says " << info(reason).name;
      if (letters_.refused(letter) && !verdict.dropped()) {
        filter_->undo(verdict);
        oracle.undo();
      }
    }
  }

  std::string told(const std::vector<size_t>& letters) const {
    std::ostringstream out;
    Oracle oracle(policy_);
    Time time{};
    for (const size_t letter : letters) {
      time += letters_.gap(letter);
      const Copy& copy = letters_.copies[letters_.copy(letter)];
      const Reason reason = oracle.judge(time, copy);
      const bool refused = letters_.refused(letter) && action_of(reason) == Action::forward;
      if (refused) oracle.undo();
      out << "  " << time.count() << " ns: " << copy.what() << " of " << copy.sent.name << ": "
          << info(reason).name << (refused ? ", refused\n" : "\n");
    }
    return out.str();
  }

  const Letters letters_;
  const Policy policy_;
  std::optional<Filter> filter_;
  Counts counts_;
  std::vector<Bytes> frames_;
  std::vector<Reading> readings_;
  Time start_{};
  size_t forwarded_ = 0, dropped_ = 0;
};

TEST(OracleSmall, TwoRelaysAroundEveryLimit) {
  for (const Policy& policy :
       {Policy{}, Policy{.turn_after = 0s}, Policy{.echo_window = 0ms, .turn_after = 1s},
        Policy{.window = 5s}, Policy{.window = 10ms, .echo_window = 100ms}}) {
    const Duration window = policy.window, echo = policy.echo_window, turn = policy.turn_after;
    AllStreams({{A.brings(discover), B.brings(discover)},
                {0ns, 1ms, echo, echo + 1ns, window, window + 1ns, turn - 1ns + (turn == 0s ? 1ns : 0ns),
                 turn, kLateHorizon, kLateHorizon + 1ns}},
               policy)
        .agree();
  }
}

TEST(OracleSmall, TypesAndRelaysAndTurns) {
  AllStreams(
      {{A.brings(discover), B.brings(discover), C.brings(discover), A.brings(request), B.brings(request)},
       {1ms, 101ms, 2500ms, kClientHorizon, kClientHorizon + 1ns}},
      {})
      .agree();
}

TEST(OracleSmall, SmartRelaysRewritersScopesServersAndVlans) {
  const Router rewriter = B.writing(rewriting({kParameterList, {1, 3}}));
  for (const Match match : {Match::content, Match::identity})
    AllStreams({{A.brings(discover), A.asking_for("10.20.0.130"_ip).brings(discover),
                 A.asking_for("10.20.1.2"_ip).brings(discover), rewriter.brings(discover),
                 C.asking_for("10.20.1.4"_ip).brings(discover), B.brings(discover).to(kSecondServer),
                 B.brings(discover).tagged({{5}})},
                {1ms, 101ms, 2500ms}},
               {.match = match})
        .agree();
}

TEST(OracleSmall, WhatIsRefused) {
  AllStreams({{A.brings(discover), B.brings(discover), A.asking_for("10.20.0.130"_ip).brings(discover)},
              {1ms, 101ms, 1s + 1ns, 2500ms},
              true},
             {})
      .agree();
}

}  // namespace
}  // namespace relaysieve::test
