// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "http/stream.h"

struct MHD_Connection;
struct MHD_Response;

namespace relaysieve {

// The streams that an HTTP server is sending. It finds readers that have gone, and tells the others that all is alive.
class StreamKeeper {
 public:
  static constexpr size_t kMost = 32;  // at once
  static constexpr auto kLook = std::chrono::seconds(1);
  static constexpr auto kAlive = std::chrono::seconds(5);
  static constexpr auto kFarewell = std::chrono::seconds(1);

  ~StreamKeeper() { end(); }

  // What sends the stream. nullptr: there are as many as may be, or it is the end; the stream is gone then.
  MHD_Response* send(MHD_Connection* connection, std::shared_ptr<Stream> stream, bool lines);
  // No more streams. Those that are there are cut off, and their readers have a second to take what is written. To be
  // called before the server stops, which must not find one asleep.
  void end();

 private:
  struct Follower;

  void keep();
  void forget(Follower& follower);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Follower*> followers_;
  bool ending_ = false;
  std::thread thread_;  // from the first stream on
};

}  // namespace relaysieve
