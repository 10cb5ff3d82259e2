// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace relaysieve {

// One job that is done again and again by a thread of its own, while the caller goes on: a block of a file that is
// read ahead or written behind. The thread is there from the first start(); where none can be had, start() does it.
class Background {
 public:
  explicit Background(std::function<void()> job) : job_(std::move(job)) {}
  ~Background();  // waits for it
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void start();  // the job must not be under way
  void wait();   // until it is done: what it has written can be read

 private:
  enum class State { idle, busy, ended };
  bool launch();
  void run();

  const std::function<void()> job_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::idle;
  std::thread thread_;
};

}  // namespace relaysieve
