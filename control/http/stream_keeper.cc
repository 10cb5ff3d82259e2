// SPDX-License-Identifier: Apache-2.0
#include "http/stream_keeper.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>

#include <utility>

namespace relaysieve {

namespace {

constexpr size_t kBlock = 16384;

}  // namespace

// One connection with a stream on it. It belongs to the response, which frees it.
struct StreamKeeper::Follower : Stream::Reader {
  Follower(StreamKeeper& k, MHD_Connection* c, std::shared_ptr<Stream> s, bool l)
      : keeper(k),
        connection(c),
        descriptor(MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd),
        stream(std::move(s)),
        lines(l) {
    stream->attach(*this);
  }
  ~Follower() override { stream->detach(); }

  // MHD looks at no socket whose connection is suspended, so somebody else has to.
  void sleep() override { MHD_suspend_connection(connection); }
  void wake() override { MHD_resume_connection(connection); }
  bool hung_up() override {
    pollfd socket{descriptor, 0, 0};
    return poll(&socket, 1, 0) == 1 && (socket.revents & (POLLHUP | POLLERR)) != 0;
  }

  static ssize_t read(void* self, uint64_t, char* to, size_t room) {
    size_t size = 0;
    switch (static_cast<Follower*>(self)->stream->read(to, room, size)) {
      case Stream::Next::data:
        return static_cast<ssize_t>(size);
      case Stream::Next::nothing:
        return 0;
      case Stream::Next::end:
        return MHD_CONTENT_READER_END_OF_STREAM;
      case Stream::Next::cut:
        break;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }

  static void free(void* self) {
    const std::unique_ptr<Follower> follower(static_cast<Follower*>(self));
    follower->keeper.forget(*follower);
  }

  StreamKeeper& keeper;
  MHD_Connection* const connection;
  const int descriptor;
  const std::shared_ptr<Stream> stream;
  const bool lines;
};

MHD_Response* StreamKeeper::send(MHD_Connection* connection, std::shared_ptr<Stream> stream, bool lines) {
  const std::lock_guard hold(mutex_);
  if (ending_ || followers_.size() == kMost) {
    stream->detach();
    return nullptr;
  }
  auto follower = std::make_unique<Follower>(*this, connection, std::move(stream), lines);
  // A stream is not idle: it lasts, even if it is not read for a while.
  MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
  MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, Follower::read,
                                                             follower.get(), Follower::free);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  followers_.push_back(follower.release());
  if (!thread_.joinable()) thread_ = std::thread([this] { keep(); });
  changed_.notify_all();
  return response;
}

void StreamKeeper::forget(Follower& follower) {
  const std::lock_guard hold(mutex_);
  followers_.remove(&follower);
  changed_.notify_all();
}

void StreamKeeper::keep() {
  using Clock = std::chrono::steady_clock;
  pthread_setname_np(pthread_self(), "streams");
  std::unique_lock hold(mutex_);
  for (auto alive = Clock::now(); !ending_;) {
    if (followers_.empty()) {
      changed_.wait(hold);
      continue;
    }
    changed_.wait_for(hold, kLook);
    const bool due = Clock::now() - alive >= kAlive;
    if (due) alive = Clock::now();
    for (Follower* follower : followers_) {
      follower->stream->look();
      if (due && follower->lines) follower->stream->write("\n");
    }
  }
}

void StreamKeeper::end() {
  {
    std::unique_lock hold(mutex_);
    ending_ = true;
    for (Follower* follower : followers_) follower->stream->cut();
    changed_.notify_all();
    changed_.wait_for(hold, kFarewell, [&] { return followers_.empty(); });
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace relaysieve
