// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace relaysieve {

// A fixed array of zeroed memory straight from the kernel: pages cost nothing until they are touched, so a
// big table starts at once and a short replay stays small. T must be valid when all its bytes are 0.
template <typename T>
class Slab {
 public:
  enum class Pages {
    small,
    huge
  };  // huge: ask for transparent huge pages; fewer TLB misses, memory in 2 MiB steps

  Slab(size_t count, Pages pages)
      : count_(count), data_(map(count * sizeof(T), pages), {count * sizeof(T)}) {}

  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }
  size_t size() const { return count_; }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + count_; }

 private:
  struct Unmap {
    size_t bytes;
    void operator()(T* p) const { munmap(p, bytes); }
  };

  static T* map(size_t bytes, Pages pages) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 4096);
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    if (pages == Pages::huge) madvise(p, bytes, MADV_HUGEPAGE);  // advice only
    return static_cast<T*>(p);
  }

  size_t count_;
  std::unique_ptr<T, Unmap> data_;
};

}  // namespace relaysieve
