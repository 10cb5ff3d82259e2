// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "slab.h"

namespace relaysieve {

// A queue of byte strings from one thread to another; neither waits. It takes no memory while nothing is in use: see
// prepare() and give_back().
class ByteRing {
 public:
  explicit ByteRing(size_t size) : bytes_(size, Pages::lazy) {}  // a power of two

  // The producer's. All of it or nothing; false: there is no room.
  bool put(std::span<const uint8_t> head, std::span<const uint8_t> body) {
    const uint64_t end = end_.load(std::memory_order_relaxed);
    const auto size = static_cast<uint32_t>(head.size() + body.size());
    if (end + sizeof size + size - begin_.load(std::memory_order_acquire) > bytes_.size()) return false;
    copy_in(end, {reinterpret_cast<const uint8_t*>(&size), sizeof size});
    copy_in(end + sizeof size, head);
    copy_in(end + sizeof size + head.size(), body);
    end_.store(end + sizeof size + size, std::memory_order_release);
    return true;
  }

  // The consumer's. False: it is empty.
  bool take(std::vector<uint8_t>& string) {
    const uint64_t begin = begin_.load(std::memory_order_relaxed);
    if (begin == end_.load(std::memory_order_acquire)) return false;
    uint32_t size = 0;
    copy_out(begin, {reinterpret_cast<uint8_t*>(&size), sizeof size});
    string.resize(size);
    copy_out(begin + sizeof size, string);
    begin_.store(begin + sizeof size + size, std::memory_order_release);
    return true;
  }

  // While nobody puts, and the consumer has taken all: gets its memory, so that the producer meets no page fault; and
  // gives it back.
  void prepare() { madvise(bytes_.begin(), bytes_.size(), MADV_POPULATE_WRITE); }  // advice only
  void give_back() { madvise(bytes_.begin(), bytes_.size(), MADV_DONTNEED); }

 private:
  // Nothing may be at no address, which memcpy must not be given.
  void copy_in(uint64_t at, std::span<const uint8_t> from) {
    if (from.empty()) return;
    const size_t place = at % bytes_.size(), straight = std::min(from.size(), bytes_.size() - place);
    std::memcpy(&bytes_[place], from.data(), straight);
    if (straight < from.size()) std::memcpy(&bytes_[0], from.data() + straight, from.size() - straight);
  }
  void copy_out(uint64_t at, std::span<uint8_t> to) const {
    if (to.empty()) return;
    const size_t place = at % bytes_.size(), straight = std::min(to.size(), bytes_.size() - place);
    std::memcpy(to.data(), &bytes_[place], straight);
    if (straight < to.size()) std::memcpy(to.data() + straight, &bytes_[0], to.size() - straight);
  }

  Slab<uint8_t> bytes_;
  alignas(64) std::atomic<uint64_t> end_ = 0;    // bytes put so far
  alignas(64) std::atomic<uint64_t> begin_ = 0;  // bytes taken so far
};

}  // namespace relaysieve
