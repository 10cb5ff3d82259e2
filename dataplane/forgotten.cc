// SPDX-License-Identifier: Apache-2.0
#include "forgotten.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>

#include "glance.h"

namespace relaysieve {

Forgotten::Forgotten(size_t clients, Duration window, Pages pages)
    : lines_(kGenerations * lines_for(clients), pages) {
  clear(window);
}

uint32_t Forgotten::length_of(Duration window) {
  return static_cast<uint32_t>(std::clamp<int64_t>(window.count() / kAhead, 1, ~uint32_t{0}));
}

// Six bits of the key for each word; the line comes from all its bits.
bool Forgotten::Line::has(uint64_t key) const {
  uint64_t missing = 0;
  for (unsigned i = 0; i < kWords; ++i) missing |= ~bits[i] >> (key >> 6 * i & 63) & 1;
  return missing == 0;
}

Forgotten::Line& Forgotten::line_of(uint64_t key, uint64_t number) {
  const size_t lines = lines_.size() / kGenerations;
  return lines_[line(number, (key * 0x9e3779b97f4a7c15u >> 32) * lines >> 32)];
}

bool Forgotten::add(const Moment& now, uint64_t key, Time end) {
  const uint64_t number = now.number_of(end);
  if (number > now.number + kAhead) return false;  // reckoned with a longer window than is valid now
  {
    Line& line = line_of(key, number);
    const std::lock_guard hold(line.lock);
    if (line.tag != tag_of(now, number)) {  // what it held has ended
      put(line.tag, tag_of(now, number));
      line.items = 0;
      for (uint64_t& word : line.bits) put(word, 0);
    }
    if (line.items == kItemsOfLine) return false;
    ++line.items;
    for (unsigned i = 0; i < kWords; ++i)
      put(line.bits[i], line.bits[i] | uint64_t{1} << (key >> 6 * i & 63));
  }
  const int64_t ends = end.count() + now.length;
  for (int64_t last = last_end_.load(std::memory_order_relaxed); last < ends;)
    if (last_end_.compare_exchange_weak(last, ends, std::memory_order_relaxed)) break;
  return true;
}

Forgotten::Answer Forgotten::knows(const Moment& now, uint64_t key) {
  Answer answer = Answer::no;
  for (uint64_t number = now.number; number <= now.number + kAhead; ++number) {
    Line& line = line_of(key, number);
    const std::lock_guard hold(line.lock);
    if (line.tag != tag_of(now, number)) continue;
    const bool has = line.has(key);
    if (has && number > now.number) return Answer::yes;
    if (has || line.items == kItemsOfLine) answer = Answer::perhaps;
  }
  return answer;
}

double Forgotten::false_positives(Time now) const {
  constexpr size_t kSample = 256;
  const Moment moment = at(now);
  const size_t lines = lines_.size() / kGenerations, sample = std::min(lines, kSample);
  double sum = 0;
  for (size_t i = 0; i < sample; ++i) {
    double unknown = 1;
    for (uint64_t number = moment.number + 1; number <= moment.number + kAhead; ++number) {
      const Line& line = lines_[this->line(number, i * lines / sample)];
      if (glance(line.tag) != tag_of(moment, number)) continue;
      double all_set = 1;
      for (const uint64_t& word : line.bits) all_set *= std::popcount(glance(word)) / 64.0;
      unknown *= 1 - all_set;
    }
    sum += 1 - unknown;
  }
  return sum / static_cast<double>(sample);
}

void Forgotten::clear(Duration window) {
  uint64_t old = calendar_.load(std::memory_order_relaxed), next;
  do next = ((old >> 32) + 1) << 32 | length_of(window);
  while (!calendar_.compare_exchange_weak(old, next, std::memory_order_relaxed));
  last_end_.store(std::numeric_limits<int64_t>::min(), std::memory_order_relaxed);
}

}  // namespace relaysieve
