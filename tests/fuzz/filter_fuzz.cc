// SPDX-License-Identifier: Apache-2.0
// A stream of copies with their times: the filter and the oracle say the same of each, alone and in bursts, by two
// threads' filters, also after one was undone, while the clock runs backwards, settings change, all is forgotten, and
// what holds no request comes between. Four bytes of an input make the rule and the network, three more each copy. In a
// table of one bucket, where clients drive each other out, what is dropped has been forwarded.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "fuzz/filter_network.h"
#include "fuzz/harness.h"
#include "relaysieve/filter.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "support/oracle.h"

namespace relaysieve::fuzz {
namespace {

namespace planted {

// What was refused is not undone.
constexpr bool kUndone = false;
[[gnu::noinline]] void was_found() { std::abort(); }

}  // namespace planted

using Key = decltype(std::declval<test::Reading>().key());

// Of one frame.
struct Expected {
  bool request = false;
  Reason reason{};
  Key key = {};
  Time time{};
};

class Play {
 public:
  Play(const uint8_t* data, size_t size, bool plant)
      : input_(data, size),
        v6_(size > 1 && data[1] & 64),       // of the rule's words
        narrow_(size > 3 && data[3] & 128),  // of the network
        plant_(plant),
        policy_(fit(policy_of(input_))),
        clock_(policy_) {
    const uint8_t kind = input_.byte();
    network_ = &network_of(policy_, kind, input_.byte());
    oracle_.emplace(policy_);
    filters_.reserve(2);
    filters_.emplace_back(std::make_shared<const Policy>(policy_),
                          Filter::Options{.clients = narrow_ ? 1u : 65'536u, .seed = 1});
  }

  // What is wrong with how the input is judged; else nothing.
  const char* all() {
    while (input_.left() >= 3 && wrong_ == nullptr) step();
    end_burst();
    check(judged_ == forwarded_ + dropped_, "the sums agree");
    if (narrow_) {
      const Occupancy now = filters_[0].occupancy(latest_);
      check(now.clients <= kWays && now.transmissions <= kWays, "a bucket's lines");
      const double mistaken = filters_[0].false_positives(latest_);
      check(mistaken >= 0 && mistaken <= 0.0013, "the stated bound");
    }
    return wrong_;
  }

 private:
  static constexpr size_t kMost = 40;  // of a burst: the filter takes 32 at once
  static constexpr size_t kWays = 14;  // of a bucket
  enum Event { worker = 1, back, cut, more, settings, forget };

  // Who is told to wait in a narrow table has not been forwarded.
  Policy fit(Policy policy) const {
    if (narrow_) policy.turn_after = 0s, policy.mode = Mode::enforce;
    return policy;
  }
  void check(bool holds, const char* what) {
    if (!holds && wrong_ == nullptr) wrong_ = what;
  }

  // The third byte: refused by the transmit side or not, and what else happens.
  void step() {
    const Network::Brought& brought = network_->brought(input_.byte());
    const uint8_t when = input_.byte(), how = input_.byte();
    const unsigned event = (how >> 3) % 16;
    if (event == worker || event == settings || event == forget) end_burst();
    if (event == worker) other_worker();
    if (event == settings) adopt();
    if (event == forget) flush();
    // Each thread's filter knows a latest time of its own.
    const bool backwards = event == back && latest_of_[at_] == latest_;
    const Time time = backwards ? clock_.before(when) : clock_.next(when);
    take(brought, time, event == cut ? when % 60u : ~0u);
    refused_ = how % 8 == 7;
    if (event != more || refused_ || burst_.size() == kMost) end_burst();
  }

  void other_worker() {
    if (filters_.size() == 1) filters_.push_back(filters_[0].share());
    at_ ^= 1;
  }

  void adopt() {
    draw_times(input_, policy_);
    policy_.mode = one_of({Mode::enforce, Mode::monitor, Mode::enforce, Mode::bypass}, input_.byte());
    policy_ = fit(policy_);
    const auto policy = std::make_shared<const Policy>(policy_);
    for (Filter& filter : filters_) filter.adopt(policy);
    filters_[at_].retune();
    oracle_->adopt(policy_);
  }

  void flush() {
    filters_[at_].flush();
    oracle_.emplace(policy_);
    delivered_.clear();
    evicted_ = false;
  }

  // One more of the burst: a copy, or the front of one, which holds no request.
  void take(const Network::Brought& brought, Time time, size_t most) {
    Octets bytes = v6_ ? brought.bytes6 : brought.bytes;
    Expected expected{.reason = Reason::bypassed};
    if (policy_.mode != Mode::bypass && most < bytes.size()) {
      bytes = bytes.first(most);
      expected.reason = v6_ ? parse_dhcp6(bytes).reason : parse_dhcp4(bytes).reason;
    } else if (policy_.mode != Mode::bypass) {
      latest_ = latest_of_[at_] = std::max(latest_, time);
      const Reading reading = v6_ ? read(brought.copy6, policy_) : read(brought.copy, policy_);
      expected = {.request = true, .key = reading.key(), .time = latest_};
      if (!narrow_) expected.reason = oracle_->judge(latest_, reading);
    }
    expected_.push_back(std::move(expected));
    burst_.push_back({bytes, time, judged_ + burst_.size() + 1, brought.copy.relay.port});
  }

  void end_burst() {
    std::array<Verdict, kMost> verdicts;
    filters_[at_].judge(burst_, verdicts);
    for (size_t i = 0; i < burst_.size() && wrong_ == nullptr; ++i) {
      ++judged_;
      ++(verdicts[i].dropped() ? dropped_ : forwarded_);
      const bool refused = refused_ && i + 1 == burst_.size();
      if (!expected_[i].request)
        check(verdicts[i].reason == expected_[i].reason && !verdicts[i].request, "the parser's reason");
      else if (narrow_)
        look_back(verdicts[i], expected_[i], refused);
      else
        compare(verdicts[i], expected_[i].reason, refused);
    }
    burst_.clear(), expected_.clear();
  }

  void compare(const Verdict& verdict, Reason reason, bool refused) {
    check(!verdict.evicted && !verdict.recalled, "there is room for all");
    check(verdict.reason == (policy_.mode == Mode::monitor ? as_monitored(reason) : reason), "one reason");
    check(verdict.action == action_of(verdict.reason), "an action goes with its reason");
    check(verdict.family == (v6_ ? Family::v6 : Family::v4), "a family");
    check(!verdict.has_first || (verdict.first_number - 1 < judged_ - 1 && verdict.lag >= 0s),
          "an earlier copy");
    if (!refused) return;
    if (!plant_ || planted::kUndone) filters_[at_].undo(verdict);
    if (action_of(reason) == Action::forward) oracle_->undo();
  }

  // A drop has a copy that was delivered at most a window before it; what is recalled was evicted, and only that.
  void look_back(const Verdict& verdict, const Expected& expected, bool refused) {
    check(verdict.action == action_of(verdict.reason), "an action goes with its reason");
    check(!verdict.recalled || evicted_, "what is recalled was evicted");
    evicted_ = evicted_ || verdict.evicted;
    std::optional<Time>& delivered = delivered_[expected.key];
    if (verdict.dropped())
      check(verdict.recalled || (delivered && expected.time - *delivered <= policy_.window),
            "a drop was forwarded");
    else if (!refused)
      delivered = expected.time;
    if (refused) filters_[at_].undo(verdict);
  }

  Input input_;
  const bool v6_, narrow_, plant_;
  Policy policy_;
  Clock clock_;
  Network* network_ = nullptr;
  std::optional<Oracle> oracle_;
  std::vector<Filter> filters_;  // of one or two threads
  size_t at_ = 0;                // who judges
  Time latest_ = Time::min();
  std::array<Time, 2> latest_of_ = {Time::min(), Time::min()};
  std::vector<relaysieve::Frame> burst_;
  std::vector<Expected> expected_;
  bool refused_ = false;  // its last
  std::map<Key, std::optional<Time>> delivered_;
  bool evicted_ = false;
  uint64_t judged_ = 0, forwarded_ = 0, dropped_ = 0;
  const char* wrong_ = nullptr;
};

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve::fuzz;
  const char* wrong = Play(data, size, kPlanted).all();
  // Whose it is: without the planted bug all is well.
  if (kPlanted && wrong != nullptr && Play(data, size, false).all() == nullptr) planted::was_found();
  must(wrong == nullptr, wrong);
  return 0;
}
