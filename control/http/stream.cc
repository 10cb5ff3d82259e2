// SPDX-License-Identifier: Apache-2.0
#include "http/stream.h"

#include <algorithm>
#include <utility>

namespace relaysieve {

bool Stream::write(std::string_view piece) {
  const std::lock_guard hold(mutex_);
  if (gone() || state_ != State::open) return false;
  if (written_.size() + read_.size() - at_ + piece.size() > limit_) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  written_ += piece;
  wake();
  return true;
}

void Stream::end(std::string_view last) { finish(State::ended, last); }

void Stream::cut(std::string_view last) { finish(State::cut, last); }

void Stream::finish(State state, std::string_view last) {
  const std::lock_guard hold(mutex_);
  if (state_ != State::open) return;
  state_ = state;
  written_ += last;
  wake();
}

void Stream::wake() {
  if (!std::exchange(asleep_, false)) return;
  reader_->wake();
}

void Stream::attach(Reader& reader) {
  const std::lock_guard hold(mutex_);
  reader_ = &reader;
}

void Stream::detach() {
  const std::lock_guard hold(mutex_);
  reader_ = nullptr;
  asleep_ = false;
  gone_.store(true, std::memory_order_relaxed);
}

Stream::Next Stream::read(char* to, size_t room, size_t& size) {
  const std::lock_guard hold(mutex_);
  if (gone()) return Next::cut;
  if (at_ == read_.size()) {
    read_.clear();
    read_.swap(written_);
    at_ = 0;
  }
  size = std::min(room, read_.size() - at_);
  read_.copy(to, size, at_);
  at_ += size;
  if (size > 0) return Next::data;
  if (state_ == State::ended) return Next::end;
  if (state_ == State::cut) return Next::cut;
  asleep_ = true;
  reader_->sleep();
  return Next::nothing;
}

void Stream::look() {
  const std::lock_guard hold(mutex_);
  if (!asleep_ || !reader_->hung_up()) return;
  gone_.store(true, std::memory_order_relaxed);
  wake();
}

}  // namespace relaysieve
