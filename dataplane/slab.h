// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace relaysieve {

// How a table gets its memory: page by page as it is touched, so that a short replay starts at once and stays
// small; or all of it at the start, in huge pages where there are any, so that no frame ever waits for a page.
enum class Pages { lazy, resident };

// A fixed array of zeroed memory straight from the kernel. T must be valid when all its bytes are 0. Throws
// std::bad_alloc if there is not enough.
template <typename T>
class Slab {
 public:
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
    // Lazy memory is not reserved: a table larger than the machine may be opened, and filled in part.
    const int reserve = pages == Pages::lazy ? MAP_NORESERVE : 0;
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | reserve, -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    if (pages == Pages::resident) {
      madvise(p, bytes, MADV_HUGEPAGE);  // advice only
      // Linux before 5.14 does not know this (EINVAL): there the pages come as they are touched.
      if (madvise(p, bytes, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
        munmap(p, bytes);
        throw std::bad_alloc();
      }
    }
    return static_cast<T*>(p);
  }

  size_t count_;
  std::unique_ptr<T, Unmap> data_;
};

}  // namespace relaysieve
