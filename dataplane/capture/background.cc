// SPDX-License-Identifier: Apache-2.0
#include "capture/background.h"

#include <system_error>

namespace relaysieve {

Background::~Background() {
  if (!thread_.joinable()) return;
  wait();
  {
    const std::lock_guard hold(mutex_);
    state_ = State::ended;
    changed_.notify_all();
  }
  thread_.join();
}

bool Background::launch() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // a limit on processes, say
  }
  return thread_.joinable();
}

void Background::start() {
  if (!thread_.joinable() && !launch()) return job_();
  const std::lock_guard hold(mutex_);
  state_ = State::busy;
  changed_.notify_all();
}

void Background::wait() {
  std::unique_lock hold(mutex_);
  changed_.wait(hold, [&] { return state_ != State::busy; });
}

void Background::run() {
  std::unique_lock hold(mutex_);
  while (true) {
    changed_.wait(hold, [&] { return state_ != State::idle; });
    if (state_ == State::ended) return;
    hold.unlock();
    job_();
    hold.lock();
    state_ = State::idle;
    changed_.notify_all();
  }
}

}  // namespace relaysieve
