// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <stdexcept>

namespace relaysieve::test {

// Memory that ends at an unreadable page: reading one byte beyond what it holds is a crash, not luck.
class GuardPage {
 public:
  GuardPage() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void* memory = mmap(nullptr, kPages * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    memory_ = static_cast<uint8_t*>(memory);
    if (mprotect(end(), page_, PROT_NONE) != 0) throw std::runtime_error("mprotect failed");
  }
  ~GuardPage() { munmap(memory_, kPages * page_); }
  GuardPage(const GuardPage&) = delete;
  GuardPage& operator=(const GuardPage&) = delete;

  // A copy of `bytes` whose last byte is the last readable one. Valid until the next call.
  std::span<const uint8_t> hold(std::span<const uint8_t> bytes) {
    if (bytes.size() > (kPages - 1) * page_) throw std::length_error("GuardPage::hold");
    if (!bytes.empty()) std::memcpy(end() - bytes.size(), bytes.data(), bytes.size());
    return {end() - bytes.size(), bytes.size()};
  }

 private:
  static constexpr size_t kPages = 4;  // the last one is the guard
  uint8_t* end() const { return memory_ + (kPages - 1) * page_; }

  size_t page_;
  uint8_t* memory_ = nullptr;
};

}  // namespace relaysieve::test
