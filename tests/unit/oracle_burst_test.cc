// SPDX-License-Identifier: Apache-2.0
// The filter judges frames by bursts, as a worker does; the oracle one by one. Of what is forwarded the transmit side
// refuses some when the whole burst has been judged: that is undone, the latest first, and what was dropped on its account
// is judged again (dataplane/ports/worker_refusal.cc).
// One run again: ORACLE_SEED=<printed> ORACLE_STREAMS=1 unit_tests --gtest_filter='OracleBurst.*'
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <span>
#include <sstream>

#include "oracle_counts.h"
#include "oracle_environment.h"
#include "relaysieve/filter.h"
#include "support/oracle.h"
#include "support/stream.h"

namespace relaysieve::test {
namespace {

class OracleBurst : public testing::Test {
 protected:
  static constexpr size_t kMost = 64;
  static constexpr Duration kSpan = 300ms;  // of the times within a burst, where a worker had to wait
  using Before = std::decay_t<decltype(std::declval<Oracle>().before())>;

  // One frame of a burst.
  struct Judged {
    Frame frame;
    const Reading* reading = nullptr;
    Before before = {};
    Reason expected = {};
    bool refused = false, again = false;
  };

  void play(uint64_t seed) {
    seed_ = seed;
    Stream stream(seed);
    dice_ = Dice(~seed);
    const std::vector<Event> events = stream.events(4'000);
    oracle_.emplace(stream.policy());
    filter_.emplace(std::make_shared<const Policy>(stream.policy()),
                    Filter::Options{.clients = 4'194'304, .seed = seed | 1});
    counts_.emplace();
    delivered_.clear(), clients_.clear();
    now_ = Time::min();
    for (size_t at = 0; at < events.size() && !HasFailure();) {
      const size_t most = dice_.pick<size_t>({1, 4, 32, kMost});
      const auto some = std::span(events).subspan(at, std::min(1 + dice_.below(most), events.size() - at));
      const auto late = [&](const Event& event) { return event.time > some[0].time + kSpan; };
      const size_t count = std::ranges::find_if(some, late) - some.begin();
      one_time_ = dice_.one_in(2);
      const auto burst = std::span(events).subspan(at, count);
      if (std::ranges::any_of(burst, &Event::new_policy)) adopt(stream.next_policy());
      judge(burst, at);
      if (HasFailure()) return;
      take_back();
      look_back();
      at += count;
    }
    counts_->hold(events.size());
    frames_ += events.size();
  }

 private:
  void adopt(const Policy& policy) {
    oracle_->adopt(policy);
    filter_->adopt(std::make_shared<const Policy>(policy));
    filter_->retune();
  }

  // Frames bear the time of the burst, or each its own.
  void judge(std::span<const Event> burst, size_t at) {
    const size_t room = dice_.one_in(3) ? dice_.below(burst.size()) : burst.size();
    judged_.clear();
    std::vector<Frame> frames;
    for (const Event& event : burst) {
      const Time time = one_time_ ? burst.back().time : event.time;
      frames.push_back({event.bytes(), time, at + frames.size() + 1, event.brought->copy.relay.port});
      judged_.push_back({.frame = frames.back(), .reading = &event.reading()});
      readings_[frames.back().number] = &event.reading();
    }
    verdicts_.resize(frames.size());
    filter_->judge(frames, verdicts_);
    size_t forwarded = 0;
    for (size_t i = 0; i < judged_.size(); ++i) {
      expect(i, oracle_->judge(frames[i].time, *judged_[i].reading));
      forwarded += !verdicts_[i].dropped();
      judged_[i].refused = !verdicts_[i].dropped() && (burst[i].refused || forwarded > room);
    }
  }

  void expect(size_t i, Reason reason) {
    Judged& judged = judged_[i];
    const Verdict& verdict = verdicts_[i];
    judged.before = oracle_->before();
    Known& client = clients_[std::get<0>(judged.reading->client)];
    if (judged.frame.time - client.heard > kClientHorizon + kLateHorizon)
      client.astray = client.undone = false;
    if (!judged.reading->passes) client.heard = std::max(client.heard, judged.frame.time);
    ++compared_;
    if (client.astray) {
      --compared_;
      judged.expected = verdict.reason;
      return;
    }
    judged.expected = filter_->policy().mode == Mode::monitor ? as_monitored(reason) : reason;
    if (may_be_called(verdict.reason, judged.expected)) judged.expected = verdict.reason, ++miscalled_;
    // Of who brought a transmission that is undone when others of the client have come, the filter and the oracle may remember
    // different ones, and so differ in whose turn it is. The rule says nothing of that.
    const bool of_turns =
        reason == Reason::turn_passed || as_monitored(verdict.reason) == Reason::would_drop_turn_passed;
    if (verdict.reason != judged.expected && of_turns && client.undone) {
      ++differ_;
      client.astray = true;
      judged.expected = verdict.reason;
      return;
    }
    ASSERT_EQ(info(verdict.reason).name, info(judged.expected).name)
        << "frame " << judged.frame.number << " of the stream with ORACLE_SEED=" << seed_
        << " ORACLE_STREAMS=1";
    ASSERT_EQ(verdict.action, info(judged.expected).action);
    if (!verdict.request || !verdict.has_first) return;
    ASSERT_EQ(readings_.at(verdict.first_number)->key(), judged.reading->key());
  }

  void forget(size_t i, const Before& before) {
    clients_[std::get<0>(judged_[i].reading->client)].undone = true;
    filter_->undo(verdicts_[i]);
    oracle_->undo(before);
    gone_.push_back(verdicts_[i].undo.what == Undo::What::record ? verdicts_[i].first_number : 0);
    gone_.push_back(judged_[i].frame.number);
    ++refused_;
  }

  void take_back() {
    gone_.clear();
    for (size_t i = judged_.size(); i-- > 0;)
      if (judged_[i].refused) forget(i, judged_[i].before);
    for (size_t i = 0; i < judged_.size(); ++i) {
      Verdict& verdict = verdicts_[i];
      if (!verdict.dropped() || !verdict.has_first || !std::ranges::count(gone_, verdict.first_number))
        continue;
      verdict = filter_->judge(judged_[i].frame);
      expect(i, oracle_->judge(judged_[i].frame.time, *judged_[i].reading));
      judged_[i].again = true;
      ++again_;
      judged_[i].refused = !verdict.dropped() && dice_.one_in(4);
      if (judged_[i].refused) forget(i, judged_[i].before);
    }
  }

  // Nothing is a second copy of what was never delivered. What was judged again came last: when all had come.
  void look_back() {
    for (const bool again : {false, true}) {
      for (size_t i = 0; i < judged_.size(); ++i)
        if (judged_[i].again == again) look_back(judged_[i], verdicts_[i]);
      for (const Judged& judged : judged_)
        if (!judged.reading->passes) now_ = std::max(now_, judged.frame.time);
    }
  }
  void look_back(const Judged& judged, const Verdict& verdict) {
    counts_->note(judged.frame, verdict, *judged.reading, judged.expected);
    if (judged.reading->passes) return;
    now_ = std::max(now_, judged.frame.time);
    const Key key = judged.reading->key();
    if (!verdict.dropped()) {
      if (!judged.refused) delivered_[key] = now_;
    } else if (verdict.reason == Reason::second_copy || verdict.reason == Reason::second_copy_rewritten) {
      const auto before = delivered_.find(key);
      ASSERT_TRUE(before != delivered_.end() && now_ - before->second <= filter_->policy().window)
          << "frame " << judged.frame.number << " of the stream with ORACLE_SEED=" << seed_
          << ": dropped, and no copy was delivered\n"
          << story(key);
    }
  }

  // The burst's copies of one transmission.
  std::string story(const Key& key) const {
    std::ostringstream out;
    for (size_t i = 0; i < judged_.size(); ++i) {
      const Judged& judged = judged_[i];
      if (judged.reading->passes || judged.reading->key() != key) continue;
      const auto& [port, mac, ip, behind] = std::get<0>(judged.reading->relay);
      out << "  " << judged.frame.number << ": " << judged.frame.time.count() << " ns, relay " << ip.low % 256
          << " at port " << port << ": " << info(verdicts_[i].reason).name << ", first "
          << verdicts_[i].first_number << (judged.refused ? ", refused\n" : "\n");
    }
    return out.str();
  }

  uint64_t seed_ = 0;
  Dice dice_{0};
  bool one_time_ = false;
  std::optional<Oracle> oracle_;
  std::optional<Filter> filter_;
  std::optional<Counts> counts_;
  std::vector<Judged> judged_;
  std::vector<Verdict> verdicts_;
  std::map<uint64_t, const Reading*> readings_;  // by the frame's number
  std::vector<uint64_t> gone_;                   // numbers of first copies that were never delivered
  std::map<Key, Time> delivered_;
  struct Known {
    Time heard = Time::min() / 2;
    bool undone = false;  // something of it was
    bool astray = false;  // the oracle knows another one's turn
  };
  std::map<Who, Known> clients_;  // in all its scopes: records in one are compared with those in another
  Time now_{};

 protected:
  size_t frames_ = 0, compared_ = 0, differ_ = 0, miscalled_ = 0, refused_ = 0, again_ = 0;
};

TEST_F(OracleBurst, AgreesAlsoOnWhatIsUndoneLate) {
  const uint64_t seed = first_seed(), streams = std::max<uint64_t>(streams_asked_for() / 5, 1);
  for (uint64_t n = 0; n < streams && !HasFailure(); ++n) play(seed + n);
  std::cout << frames_ << " decisions, " << compared_ << " compared, " << differ_ << " other turns, "
            << refused_ << " refused, " << again_ << " judged again, " << miscalled_
            << " not called rewritten\n";
  if (HasFailure() || streams < kStreams / 5) return;
  EXPECT_GT(compared_, frames_ / 100 * 99);
  EXPECT_LE(differ_, frames_ / 10'000);
  EXPECT_LE(miscalled_, may_be_called_so(frames_));
  EXPECT_GT(refused_, frames_ / 20);
  EXPECT_GT(again_, frames_ / 200);
}

}  // namespace
}  // namespace relaysieve::test
