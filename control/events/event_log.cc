// SPDX-License-Identifier: Apache-2.0
#include "events/event_log.h"

#include <nlohmann/json.hpp>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

constexpr size_t kUnread =
    1 << 20;  // bytes that a follower may lag behind: all that is kept, and as much again

std::string json_line(const Event& event) {
  return to_json(event).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

ordered_json to_json(const Event& event) {
  const EventInfo& about = info(event.what.kind);
  ordered_json json = {
      {"number", event.number},
      {"time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(event.time), absl::UTCTimeZone())},
      {"level", word(about.severity)},
      {"event", about.name}};
  if (!event.what.about.empty()) json[std::string(word(about.about))] = event.what.about;
  json["left_out"] = event.left_out;
  json["text"] = event.what.text;
  return json;
}

std::string line_of(const Event& event) {
  return absl::StrCat(view(info(event.what.kind).name), ": ", event.what.text,
                      event.left_out == 0 ? "" : absl::StrCat(" (", event.left_out, " more were left out)"));
}

bool EventLog::tell(EventKind kind, std::string about, std::string text) {
  Happening happening{kind, std::move(about), std::move(text)};
  {
    const std::lock_guard hold(mutex_);
    ++counts_[static_cast<size_t>(kind)];
    if (!limit_.admit(happening, clock_())) return false;
  }
  tell_now(std::move(happening), 0);
  return true;
}

void EventLog::tick() {
  std::vector<EventLimit::Due> due;
  {
    const std::lock_guard hold(mutex_);
    due = limit_.due(clock_());
  }
  for (EventLimit::Due& one : due) tell_now(std::move(one.happening), one.left_out);
}

void EventLog::tell_now(Happening happening, uint64_t left_out) {
  Event event{.time = std::chrono::system_clock::now(), .what = std::move(happening), .left_out = left_out};
  {
    const std::lock_guard hold(mutex_);
    event.number = ++number_;
    kept_.push_back(event);
    if (kept_.size() > kKept) kept_.pop_front();
    std::erase_if(followers_, [](const auto& follower) { return follower->gone(); });
    if (!followers_.empty()) {
      const std::string line = json_line(event);
      for (const auto& follower : followers_) follower->write(line);
    }
  }
  sink_(event);
}

std::vector<Event> EventLog::kept() const {
  const std::lock_guard hold(mutex_);
  return {kept_.begin(), kept_.end()};
}

std::shared_ptr<Stream> EventLog::follow() {
  auto follower = std::make_shared<Stream>(kUnread);
  const std::lock_guard hold(mutex_);
  for (const Event& event : kept_) follower->write(json_line(event));
  followers_.push_back(follower);
  return follower;
}

EventCounts EventLog::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

uint64_t EventLog::left_out() const {
  const std::lock_guard hold(mutex_);
  return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0}) - number_;
}

}  // namespace relaysieve
