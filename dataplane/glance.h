// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <type_traits>

namespace relaysieve {

// For a field that changes under a lock, and that somebody looks at without it, for whom a number that is a moment old,
// or not of the same moment as its neighbour, is good enough. Costs nothing on x86; who holds the lock reads as usual.

template <typename T>
void put(T& field, std::type_identity_t<T> value) {
  std::atomic_ref<T>(field).store(value, std::memory_order_relaxed);
}

template <typename T>
T glance(const T& field) {  // std::atomic_ref of a const T is C++26's
  return std::atomic_ref<T>(const_cast<T&>(field)).load(std::memory_order_relaxed);
}

}  // namespace relaysieve
