// SPDX-License-Identifier: Apache-2.0
#include "lookout/lookout.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clock.h"

namespace relaysieve {
namespace {

constexpr auto kReadPeriod = std::chrono::milliseconds(20);

}  // namespace

struct Lookout::View {
  unsigned tap;
  std::unique_ptr<Viewer> viewer;
  std::vector<Sight> held = {};  // until the next round: another worker may have something older
  Time looked = monotonic();

  void take(Taps& taps) {
    for (unsigned worker = 0; worker < taps.workers(); ++worker)
      for (Sight sight; taps.take(tap, worker, sight.record, sight.bytes); sight = {}) {
        const auto same = [&](const Sight& other) { return other.record.number == sight.record.number; };
        const auto seen = sight.record.refused ? std::find_if(held.rbegin(), held.rend(), same) : held.rend();
        if (!sight.record.refused) {
          held.push_back(std::move(sight));
        } else if (seen != held.rend()) {
          seen->record.refused = true;
        }
      }
  }

  // Shows what can have nothing older beside it: what came before the round before this one, and what has waited.
  void show(size_t waited, Time before) {
    const auto due = [&](const Sight& sight) {
      return sight.record.time < before || static_cast<size_t>(&sight - held.data()) < waited;
    };
    const auto later = std::stable_partition(held.begin(), held.end(), due);
    std::stable_sort(held.begin(), later,
                     [](const Sight& a, const Sight& b) { return a.record.time < b.record.time; });
    std::for_each(held.begin(), later, [&](const Sight& sight) { viewer->see(sight); });
    held.erase(held.begin(), later);
  }
};

Lookout::Lookout(Taps& taps) : taps_(taps) {}

Lookout::~Lookout() { stop(); }

absl::Status Lookout::show(const TapFilter& filter, std::unique_ptr<Viewer> viewer) {
  const std::lock_guard hold(mutex_);
  if (stop_) return absl::UnavailableError("relaysieved is ending");
  const std::optional<unsigned> tap = taps_.open(filter);
  if (!tap)
    return absl::UnavailableError(
        absl::StrCat("too many are watching frames: at most ", Taps::kMost, " at once"));
  new_.push_back(std::make_unique<View>(View{*tap, std::move(viewer)}));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
  return absl::OkStatus();
}

void Lookout::stop() {
  {
    const std::lock_guard hold(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Lookout::run() {
  pthread_setname_np(pthread_self(), "lookout");
  std::vector<std::unique_ptr<View>> views;
  for (std::unique_lock hold(mutex_);;) {
    if (views.empty()) {
      changed_.wait(hold, [&] { return stop_ || !new_.empty(); });
    } else {
      changed_.wait_for(hold, kReadPeriod, [&] { return stop_; });
    }
    std::ranges::move(std::exchange(new_, {}), std::back_inserter(views));
    const bool last = stop_;
    hold.unlock();
    std::erase_if(views, [&](const auto& view) {
      if (look(*view) && !last) return false;
      close(*view, last);
      return true;
    });
    if (last) return;
    hold.lock();
  }
}

bool Lookout::look(View& view) {
  const Time now = monotonic(), before = std::exchange(view.looked, now);
  const size_t waited = view.held.size();
  view.take(taps_);
  view.show(waited, before);
  return view.viewer->go_on(now, taps_.lost(view.tap));
}

void Lookout::close(View& view, bool cut) {
  view.take(taps_);
  view.show(view.held.size(), {});
  view.viewer->end(taps_.lost(view.tap), cut);
  taps_.close(view.tap);
}

}  // namespace relaysieve
