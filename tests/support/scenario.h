// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/guard_page.h"
#include "support/network.h"
#include "support/network6.h"
#include "support/place.h"

// A test is a timeline, one sentence a frame:
//
//   at(0ms, A.brings(discover)).is(forward, first_copy);
//   at(5ms, B.brings(discover)).is(drop, second_copy);
//
// `given({.match = Match::identity})` before the first frame sets the rule; later it swaps the policy. Each
// frame ends at an unreadable page. At the end of every test the law is asserted, frames in = forwards + drops,
// and the frames are judged once more, as one burst that starts at time zero: the verdicts must be the same.
namespace relaysieve::test {

using enum Action;
using enum Reason;
using namespace std::chrono_literals;

// A frame as it comes in at a port of the box.
struct Arrival {
  Arrival(const Copy& copy) : bytes(copy.bytes()), port(copy.relay.port), what(copy.what()) {}
  Arrival(const Copy6& copy) : bytes(copy.bytes()), port(copy.relay.port), what(copy.what()) {}
  Arrival(Bytes raw, std::string name) : bytes(std::move(raw)), what(std::move(name)) {}

  Bytes bytes;
  uint16_t port = 0;
  std::string what;
};

class Scenario;

// What became of one frame, for whoever wants to say more about it.
struct Judged {
  Scenario& scenario;
  Verdict verdict;

  void and_refused() const;  // the transmit side did not take it
};

class [[nodiscard]] Expectation {
 public:
  Expectation(Scenario& scenario, size_t frame, Place where)
      : scenario_(scenario), frame_(frame), where_(where) {}
  Judged is(Action action, Reason reason) const;

 private:
  Scenario& scenario_;
  size_t frame_;
  Place where_;
};

class Scenario : public testing::Test {
 public:
  void given(Policy policy, Filter::Options options = {.clients = 1024});
  Expectation at(Duration time, const Arrival& arrival, Place where = Place::here());
  // Where there is more to say than one action and one reason.
  Verdict judge(Duration time, const Arrival& arrival);
  void undo(const Verdict& verdict);
  void flush();

 protected:
  // An HSRP or VRRP pair and what may stand beside it: each relay has an interface of its own in the client
  // subnet (giaddr), and one towards the server.
  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router B = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Router C = {"C", "02:00:00:30:00:04"_mac, "10.30.0.4"_ip, "10.20.0.4"_ip};
  const Router D = {"D", "02:00:00:30:00:05"_mac, "10.30.0.5"_ip, "10.20.0.5"_ip};
  const Transmission discover = edk2().discover();
  const Transmission request = edk2().request();

  void TearDown() override;

 private:
  friend class Expectation;
  struct Past {
    Duration time;
    Arrival arrival;
    Verdict verdict;
  };

  Filter& filter();
  Frame frame_of(size_t past, Time epoch) const;
  std::string timeline() const;
  void assert_the_law() const;
  void judge_again_as_one_burst() const;

  Policy policy_;
  Filter::Options options_ = {.clients = 1024};
  std::unique_ptr<Filter> filter_;
  std::vector<Past> past_;
  bool interfered_ = false;  // undone, flushed or a policy swapped: one burst would not be the same
  GuardPage guard_;
};

std::string words(Action action, Reason reason);
inline std::string words(const Verdict& verdict) { return words(verdict.action, verdict.reason); }

}  // namespace relaysieve::test
