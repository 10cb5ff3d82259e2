// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <stdexcept>

namespace relaysieve::test {

// Memory between two unreadable pages: reading one byte outside of what it holds is a crash, not luck.
class GuardPage {
 public:
  GuardPage() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void* memory = mmap(nullptr, kPages * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    memory_ = static_cast<uint8_t*>(memory);
    if (mprotect(memory_, page_, PROT_NONE) != 0 || mprotect(end(), page_, PROT_NONE) != 0)
      throw std::runtime_error("mprotect failed");
  }
  ~GuardPage() { munmap(memory_, kPages * page_); }
  GuardPage(const GuardPage&) = delete;
  GuardPage& operator=(const GuardPage&) = delete;

  // A copy of `bytes` whose last byte is the last readable one, or whose first byte is the first. Valid until the next
  // call.
  std::span<const uint8_t> hold(std::span<const uint8_t> bytes) { return put(bytes, end() - bytes.size()); }
  std::span<const uint8_t> hold_at_front(std::span<const uint8_t> bytes) {
    return put(bytes, memory_ + page_);
  }

 private:
  static constexpr size_t kPages = 5;  // the first and the last one are guards
  std::span<const uint8_t> put(std::span<const uint8_t> bytes, uint8_t* where) {
    if (bytes.size() > (kPages - 2) * page_) throw std::length_error("GuardPage::put");
    if (!bytes.empty()) std::memcpy(where, bytes.data(), bytes.size());
    return {where, bytes.size()};
  }
  uint8_t* end() const { return memory_ + (kPages - 1) * page_; }

  size_t page_;
  uint8_t* memory_ = nullptr;
};

}  // namespace relaysieve::test
