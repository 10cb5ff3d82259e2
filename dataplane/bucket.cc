// SPDX-License-Identifier: Apache-2.0
#include "bucket.h"

#include <bit>

namespace relaysieve {
namespace {

void remove(Ways& ways, unsigned way) { put(ways, static_cast<Ways>(ways & ~only(way))); }

}  // namespace

void Bucket::clear(uint32_t era) {
  put(directory_.latest, 0);
  put(directory_.records, 0);
  directory_.more = 0;
  directory_.evicted = 0;
  directory_.order.reset();
  for (uint16_t& tag : directory_.tags) put(tag, 0);
  put(directory_.era, era);
}

unsigned Bucket::more_of(unsigned way) const {
  const LineKey& key = lines_[way].line.key;
  for (Ways left = directory_.more; left != 0; left = but_first(left)) {
    const unsigned more = first_of(left);
    const LineKey& other = lines_[more].more.key;
    if (other.same_request(key) && other.start == key.start && tag(more) == tag(way)) return more;
  }
  return kWays;
}

unsigned Bucket::victim(const Relay& newcomer, Time now, Duration window) const {
  constexpr int kMost = kWays / 2 + 1, kNearlyAll = 11;
  Ways own = 0;
  for (unsigned way = 0; way < kWays; ++way)
    if (directory_.routers[way] == static_cast<uint8_t>(newcomer.router)) own |= only(way);
  const unsigned oldest = directory_.order.oldest();
  const bool counts = now - lines_[oldest].line.key.start <= window;
  return std::popcount(own) >= (counts ? kMost : kNearlyAll) ? directory_.order.oldest_of(own) : oldest;
}

void Bucket::take_for_more(unsigned way, const Request& request) {
  take(way, request);
  remove(directory_.latest, way);
  remove(directory_.records, way);
  directory_.more |= only(way);
}

void Bucket::reinstate(unsigned way) { put(directory_.latest, directory_.latest | only(way)); }

void Bucket::forget_record(unsigned way) { remove(directory_.records, way); }

void Bucket::free(unsigned way) {
  put(directory_.tags[way], 0);
  remove(directory_.latest, way);
  remove(directory_.records, way);
  remove(directory_.more, way);
  directory_.order.free(way);
}

}  // namespace relaysieve
