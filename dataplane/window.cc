// SPDX-License-Identifier: Apache-2.0
#include "window.h"

#include <emmintrin.h>

#include <algorithm>

namespace relaysieve {
namespace {

// The ways whose tag it is. `words`: a directory's era and tags, 32 bytes.
Ways compare(const __m128i (&words)[2], uint64_t who) {
  const __m128i tag = _mm_set1_epi16(static_cast<short>(Window::tag_of(who)));
  const __m128i equal = _mm_packs_epi16(_mm_cmpeq_epi16(words[0], tag), _mm_cmpeq_epi16(words[1], tag));
  return static_cast<Ways>(_mm_movemask_epi8(equal) >> 2);  // two lanes are the era's
}

}  // namespace

Window::Window(size_t clients, Pages pages)
    : directories_(buckets_for(clients), pages), slots_(directories_.size() * kWays, pages) {}

void Window::prefetch_line(uint64_t who) const {
  const size_t at = home(who);
  const Directory& directory = directories_[at];
  const auto* words = reinterpret_cast<const uint64_t*>(&directory.era);
  const __m128i tags[] = {_mm_set_epi64x(glance(words[1]), glance(words[0])),
                          _mm_set_epi64x(glance(words[3]), glance(words[2]))};
  Ways found = compare(tags, who);
  if (found == 0) found = only(directory.order.glanced().oldest_but(glance(directory.latest)));
  for (; found != 0; found = but_first(found)) __builtin_prefetch(&slots_[at * kWays + first_of(found)], 1);
}

size_t Window::count(Ways Directory::*kind, Time now, Duration horizon) const {
  constexpr size_t kBucketsCounted = 1 << 15;
  const size_t looked = std::min(directories_.size(), kBucketsCounted);
  size_t young = 0;
  for (size_t i = 0; i < looked; ++i) {
    const size_t at = i * directories_.size() / looked;
    if (glance(directories_[at].era) != era_.load(std::memory_order_relaxed)) continue;
    for (Ways left = glance(directories_[at].*kind); left != 0; left = but_first(left))
      young += now - glance(slots_[at * kWays + first_of(left)].line.key.start) <= horizon;
  }
  return young * directories_.size() / looked;
}

Window::Bucket::Bucket(Window& window, uint64_t who)
    : directory_(window.directories_[window.home(who)]),
      lines_(&window.slots_[window.home(who) * kWays]),
      first_slot_(static_cast<uint32_t>(window.home(who) * kWays)) {
  lock(window);
}

Window::Bucket::Bucket(Window& window, uint32_t slot)
    : directory_(window.directories_[slot / kWays]),
      lines_(&window.slots_[slot / kWays * kWays]),
      first_slot_(slot / kWays * kWays) {
  lock(window);
}

void Window::Bucket::lock(const Window& window) {
  directory_.lock.lock();
  const uint32_t era = window.era_.load(std::memory_order_relaxed);
  if (directory_.era == era) return;
  put(directory_.latest, 0);
  put(directory_.records, 0);
  directory_.more = 0;
  directory_.order.reset();
  for (uint16_t& tag : directory_.tags) put(tag, 0);
  put(directory_.era, era);
}

RelayList Window::Bucket::relays(unsigned way) {
  Line& line = lines_[way].line;
  const unsigned more = line.has_more() ? more_of(way) : kWays;
  return {line, more != kWays ? &lines_[more].more : nullptr};
}

unsigned Window::Bucket::more_of(unsigned way) const {
  const LineKey& key = lines_[way].line.key;
  for (Ways left = directory_.more; left != 0; left = but_first(left)) {
    const unsigned more = first_of(left);
    const LineKey& other = lines_[more].more.key;
    if (other.same_request(key) && other.start == key.start && tag(more) == tag(way)) return more;
  }
  return kWays;
}

Ways Window::Bucket::tagged(uint64_t who) const {
  const auto* words = reinterpret_cast<const __m128i*>(&directory_.era);
  const __m128i tags[] = {_mm_load_si128(words), _mm_load_si128(words + 1)};
  return compare(tags, who);
}

unsigned Window::Bucket::victim(const Relay& newcomer, Time now, Duration window) const {
  const Recency& order = directory_.order;
  const unsigned dispensable = order.oldest_but(directory_.latest);
  if ((directory_.latest & only(dispensable)) == 0 &&
      (directory_.tags[dispensable] == 0 || now - lines_[dispensable].line.key.start > window))
    return dispensable;
  Ways own = 0;
  for (unsigned way = 0; way < kWays; ++way)
    if (directory_.routers[way] == static_cast<uint8_t>(newcomer.router)) own |= only(way);
  return std::popcount(own) > static_cast<int>(kWays) / 2 ? order.oldest_of(own) : order.oldest();
}

void Window::Bucket::take(unsigned way, const Request& request) {
  put(directory_.tags[way], tag_of(request.who));
  directory_.routers[way] = static_cast<uint8_t>(request.relay.router);
  directory_.order.use(way);
}

void Window::Bucket::take_for_line(unsigned way, const Request& request) {
  take(way, request);
  set(directory_.latest, way, true);
  set(directory_.records, way, true);
  set(directory_.more, way, false);
}

void Window::Bucket::take_for_more(unsigned way, const Request& request) {
  take(way, request);
  set(directory_.latest, way, false);
  set(directory_.records, way, false);
  set(directory_.more, way, true);
}

void Window::Bucket::supersede(unsigned way) {
  set(directory_.latest, way, false);
  if ((directory_.records & only(way)) == 0) free(way);
}

void Window::Bucket::free(unsigned way) {
  put(directory_.tags[way], 0);
  set(directory_.latest, way, false);
  set(directory_.records, way, false);
  set(directory_.more, way, false);
  directory_.order.free(way);
}

}  // namespace relaysieve
