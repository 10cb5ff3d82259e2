// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "events/event_limit.h"
#include "http/stream.h"

namespace relaysieve {

// Something that has been told.
struct Event {
  uint64_t number = 0;  // from 1, without a gap: who reads sees what he has missed
  std::chrono::system_clock::time_point time;
  Happening what;
  uint64_t left_out = 0;  // others like it that were not told, see EventLimit
};

// {"number", "time", "level", "event", the name of what it is about, "left_out", "text"}
nlohmann::ordered_json to_json(const Event& event);
// "relay_silent: relay 10.30.0.3 ...", as it is logged.
std::string line_of(const Event& event);

// Tells what happens: to whoever logs it, to those who follow, and to who asks later. For any thread but a worker.
class EventLog {
 public:
  static constexpr size_t kKept = 1000;

  using Sink = std::function<void(const Event&)>;
  using Clock = std::function<Time()>;

  EventLog(Sink sink, Clock clock) : sink_(std::move(sink)), clock_(std::move(clock)) {}

  // False: it is held back, as too much of it has been told.
  bool tell(EventKind kind, std::string about, std::string text);
  // Tells what was held back. To be called about once a second.
  void tick();

  std::vector<Event> kept() const;  // the latest kKept
  // Those, and all that come from now on, a JSON object a line.
  std::shared_ptr<Stream> follow();
  EventCounts counts() const;  // of what has happened, told or not
  uint64_t left_out() const;   // of these, not told

 private:
  void tell_now(Happening happening, uint64_t left_out);

  const Sink sink_;
  const Clock clock_;
  mutable std::mutex mutex_;  // not held while the sink works
  EventLimit limit_;
  std::deque<Event> kept_;
  uint64_t number_ = 0;
  EventCounts counts_{};
  std::vector<std::shared_ptr<Stream>> followers_;
};

}  // namespace relaysieve
