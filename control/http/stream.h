// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace relaysieve {

// What a caller gets bit by bit (HttpReply::stream): filled by any thread, emptied by the HTTP server's. A slow reader
// loses pieces, counted, and blocks nobody. A piece of text is whole lines: the server puts empty ones between them.
class Stream {
 public:
  explicit Stream(size_t limit_bytes) : limit_(limit_bytes) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // For who has something to say:

  // All of it or nothing: false = no room (counted in lost()), or the reader is gone.
  bool write(std::string_view piece);
  // That was all: what is written is still delivered, and the last piece for which there is always room.
  void end(std::string_view last = {});
  void cut(std::string_view last = {});  // the same, but the reader learns that it was not all
  bool gone() const { return gone_.load(std::memory_order_relaxed); }
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

  // For the server:

  // The connection at the other end. Called with the stream's lock held.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void sleep() = 0;  // nothing is there: read() is not to be called until wake()
    virtual void wake() = 0;
    virtual bool hung_up() = 0;  // of one that sleeps: there is nobody any more
  };
  enum class Next : uint8_t { data, nothing, end, cut };

  void attach(Reader& reader);
  void detach();  // the reader is gone
  // Takes what there is, at most `room` bytes; `size` is how much. Where nothing is, the reader sleeps.
  Next read(char* to, size_t room, size_t& size);
  // Finds out whether one who sleeps has gone.
  void look();

 private:
  enum class State : uint8_t { open, ended, cut };

  void finish(State state, std::string_view last);
  void wake();

  const size_t limit_;
  std::mutex mutex_;
  std::string written_;  // after what is being read
  std::string read_;
  size_t at_ = 0;  // of read_, so much has been taken
  State state_ = State::open;
  Reader* reader_ = nullptr;
  bool asleep_ = false;
  std::atomic<bool> gone_ = false;
  std::atomic<uint64_t> lost_ = 0;
};

}  // namespace relaysieve
