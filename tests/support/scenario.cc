// SPDX-License-Identifier: Apache-2.0
#include "support/scenario.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace relaysieve::test {
namespace {

// Capture time stamps are nanoseconds since 1970: far from zero, and beyond 32 bits in every unit.
constexpr Time kEpoch = std::chrono::seconds(1'700'000'000);

// No reason of the list: shows a verdict that judge() did not fill in.
constexpr Reason kUnjudged = static_cast<Reason>(0xff);

std::string in_ms(Duration time) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(6) << std::chrono::duration<double, std::milli>(time).count()
      << " ms";
  return out.str();
}

}  // namespace

std::string words(Action action, Reason reason) {
  return std::string(action == drop ? "drop " : "forward ") + std::string(info(reason).name);
}

void Judged::and_refused() const { scenario.undo(verdict); }

Judged Expectation::is(Action action, Reason reason) const {
  const Scenario::Past& past = scenario_.past_.at(frame_);
  if (past.verdict.action != action || past.verdict.reason != reason) {
    ADD_FAILURE_AT(where_.file_name(), where_.line())
        << "at " << in_ms(past.time) << ", " << past.arrival.what << ":\n  expected " << words(action, reason)
        << "\n  it was   " << words(past.verdict.action, past.verdict.reason) << "\nso far:\n"
        << scenario_.timeline();
  }
  return {scenario_, past.verdict};
}

void Scenario::given(Policy policy, Filter::Options options) {
  policy_ = policy;
  options_ = options;
  if (!filter_) return;
  filter_->adopt(std::make_shared<const Policy>(policy));
  filter_->retune();
  interfered_ = true;
}

Filter& Scenario::filter() {
  if (!filter_) filter_ = std::make_unique<Filter>(std::make_shared<const Policy>(policy_), options_);
  return *filter_;
}

Expectation Scenario::at(Duration time, const Arrival& arrival, Place where) {
  judge(time, arrival);
  return {*this, past_.size() - 1, where};
}

Verdict Scenario::judge(Duration time, const Arrival& arrival) {
  past_.push_back({time, arrival, {}});
  Frame frame = frame_of(past_.size() - 1, kEpoch);
  frame.bytes = guard_.hold(frame.bytes);
  return past_.back().verdict = filter().judge(frame);
}

void Scenario::undo(const Verdict& verdict) {
  filter().undo(verdict);
  interfered_ = true;
}

void Scenario::flush() {
  filter().flush();
  interfered_ = true;
}

Frame Scenario::frame_of(size_t index, Time epoch) const {
  const Past& past = past_.at(index);
  return {past.arrival.bytes, epoch + past.time, index + 1, past.arrival.port};
}

std::string Scenario::timeline() const {
  constexpr size_t kShown = 40;
  std::ostringstream out;
  for (size_t i = past_.size() > kShown ? past_.size() - kShown : 0; i < past_.size(); ++i) {
    const Past& past = past_[i];
    out << "  " << std::setw(16) << in_ms(past.time) << "  " << past.arrival.what << ": "
        << words(past.verdict.action, past.verdict.reason) << "\n";
  }
  return out.str();
}

// Each verdict does what its reason says, and the filter's own count of what it keeps agrees with them: a transmission
// begins with a request that is forwarded or held back, and with no other frame.
void Scenario::assert_the_law() const {
  size_t begun = 0;
  Time last = Time::min();
  for (const Past& past : past_) {
    const Verdict& verdict = past.verdict;
    EXPECT_EQ(verdict.action, action_of(verdict.reason)) << words(verdict) << "\n" << timeline();
    EXPECT_EQ(verdict.request, is_of_request(verdict.reason)) << words(verdict) << "\n" << timeline();
    EXPECT_TRUE(std::ranges::count(families_of(verdict.reason), verdict.family)) << words(verdict) << "\n"
                                                                                 << timeline();
    begun += verdict.request && (!verdict.dropped() || verdict.reason == Reason::turn_passed);
    last = std::max(last, kEpoch + past.time);
  }
  const Occupancy kept = filter_->occupancy(last);
  EXPECT_LE(kept.transmissions, begun) << timeline();
  EXPECT_LE(kept.clients, begun) << timeline();
  if (begun == past_.size() && !interfered_) {
    EXPECT_GT(kept.clients, 0u) << timeline();
  }
}

void Scenario::judge_again_as_one_burst() const {
  std::vector<Frame> frames;
  for (size_t i = 0; i < past_.size(); ++i) frames.push_back(frame_of(i, Time(0)));
  Verdict unjudged;
  unjudged.reason = kUnjudged;
  std::vector<Verdict> verdicts(frames.size(), unjudged);
  Filter(std::make_shared<const Policy>(policy_), options_).judge(frames, verdicts);
  for (size_t i = 0; i < past_.size(); ++i) {
    ASSERT_NE(verdicts[i].reason, kUnjudged) << "frame " << i + 1;
    EXPECT_EQ(words(verdicts[i].action, verdicts[i].reason),
              words(past_[i].verdict.action, past_[i].verdict.reason))
        << "frame " << i + 1 << " of the same timeline as one burst from time zero\n"
        << timeline();
  }
}

void Scenario::TearDown() {
  ASSERT_FALSE(past_.empty()) << "a scenario without a frame shows nothing";
  assert_the_law();
  if (!interfered_) judge_again_as_one_burst();
}

}  // namespace relaysieve::test
