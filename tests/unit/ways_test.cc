// SPDX-License-Identifier: Apache-2.0
// Who is evicted: the window's buckets, driven at random, beside a list for each.
#include "ways.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <vector>

#include "support/request.h"
#include "window.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

constexpr size_t kCapacity = 33, kKeys = 240;  // three buckets
constexpr Duration kWindow = 1s;

Request request_of(uint64_t key, uint32_t router) {
  const uint64_t hash = (key + 1) * 0x9e3779b97f4a7c15;
  return request_with(hash, hash, router);
}

unsigned find(Bucket& bucket, const Request& request) {
  for (Ways left = bucket.tagged(request.who); left != 0; left = but_first(left))
    if (bucket[first_of(left)].key.same_request(request.key)) return first_of(left);
  return kWays;
}

bool holds(Window& window, const Request& request) {
  Bucket bucket = window.bucket(request.who);
  const Bucket::Hold hold = window.hold(bucket);
  return find(bucket, request) != kWays;
}

void start(Window& window, const Request& request, Time now, bool superseded = false) {
  Bucket bucket = window.bucket(request.who);
  const Bucket::Hold hold = window.hold(bucket);
  const unsigned known = find(bucket, request);
  unsigned way = known != kWays ? known : bucket.dispensable(now, kWindow);
  if (way == kWays) way = bucket.victim(request.router, now, kWindow);
  bucket[way].start = now;
  bucket[way].key = request.key;
  bucket.take_for_line(way, request);
  if (superseded) bucket.supersede(way);
}

void erase(Window& window, const Request& request) {
  Bucket bucket = window.bucket(request.who);
  const Bucket::Hold hold = window.hold(bucket);
  if (const unsigned way = find(bucket, request); way != kWays) bucket.free(way);
}

// A table as a list for each bucket, the oldest entry first.
class Lists {
 public:
  bool has(const Request& request) {
    auto& list = bucket(request);
    return std::ranges::find(list, request.who, &Entry::key) != list.end();
  }
  void erase(const Request& request) {
    bucket(request).remove_if([&](const Entry& e) { return e.key == request.who; });
  }
  void start(const Request& request, Time now, bool superseded) {
    auto& list = bucket(request);
    const Entry entry = {request.who, request.router, now, superseded};
    if (const auto old = std::ranges::find(list, entry.key, &Entry::key); old != list.end())
      list.erase(old);
    else if (list.size() == kWays)
      list.erase(victim(list, entry.router, now));
    list.push_back(entry);
  }
  size_t own_victims = 0, own_victims_of_a_flood = 0, old_victims = 0, spent_victims = 0;

 private:
  struct Entry {
    uint64_t key;
    uint32_t router;
    Time time;
    bool superseded;
  };
  using List = std::list<Entry>;

  List& bucket(const Request& request) { return lists_[bucket_of(request.who, lists_.size())]; }
  List::iterator victim(List& list, uint32_t router, Time now) {
    const auto spent = std::ranges::find(list, true, &Entry::superseded);
    if (spent != list.end() && now - spent->time > kWindow) return ++spent_victims, spent;
    const bool counts = now - list.front().time <= kWindow;
    const auto own = std::ranges::count(list, router, &Entry::router);
    if (own < (counts ? 8 : 11)) return ++old_victims, list.begin();
    return ++(counts ? own_victims : own_victims_of_a_flood), std::ranges::find(list, router, &Entry::router);
  }

  std::vector<List> lists_ = std::vector<List>(buckets_for(kCapacity));
};

// Random operations: entries start, start anew, are superseded or erased, most at one time, through few routers.
TEST(Eviction, IsThatOfAList) {
  Window window(kCapacity, Pages::lazy);
  Lists model;
  std::mt19937_64 random(1);
  Time now = 1000s;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 8 == 0) now += random() % 2 ? 1ns : kWindow / 40;
    if (random() % 128 == 0) now += 2 * kWindow;
    const Request request = request_of(random() % kKeys, random() % 4 == 0 ? 2 : 1);
    if (random() % 8 == 0) {
      erase(window, request);
      model.erase(request);
    } else {
      const bool superseded = random() % 4 == 0;
      start(window, request, now, superseded);
      model.start(request, now, superseded);
    }
    for (uint64_t key = 0; key < kKeys; ++key)
      ASSERT_EQ(holds(window, request_of(key, 1)), model.has(request_of(key, 1)))
          << "key " << key << ", step " << step;
  }
  EXPECT_GT(model.own_victims, 1000u);
  EXPECT_GT(model.own_victims_of_a_flood, 100u);
  EXPECT_GT(model.old_victims, 1000u);
  EXPECT_GT(model.spent_victims, 1000u);
}

TEST(Eviction, WithinOneBurstIsInOrderToo) {  // all at one time: the oldest is not the lowest in the bucket
  Window window(11, Pages::lazy);             // one bucket
  for (uint32_t key = 0; key < 140; ++key) start(window, request_of(key, key), 0s);
  for (uint32_t key = 0; key < 140; ++key)
    EXPECT_EQ(holds(window, request_of(key, 0)), key >= 140 - kWays) << key;
}

TEST(Eviction, OfAFloodThroughOneRouterTakesItsOwn) {
  Window window(11, Pages::lazy);
  for (uint32_t key = 0; key < 6; ++key) start(window, request_of(key, 1), 0s);
  for (uint32_t key = 100; key < 1000; ++key) start(window, request_of(key, 2), 0s);
  for (uint32_t key = 0; key < 6; ++key) EXPECT_TRUE(holds(window, request_of(key, 1))) << key;
}

TEST(Flush, LeavesNothingAndTouchesNothing) {
  Window window(33, Pages::lazy);
  for (uint32_t key = 0; key < 30; ++key) start(window, request_of(key, 1), 0s);
  ASSERT_EQ(window.clients(0s, 70s), 30u);
  window.clear();
  EXPECT_EQ(window.clients(0s, 70s), 0u);
  for (uint32_t key = 0; key < 30; ++key) EXPECT_FALSE(holds(window, request_of(key, 1))) << key;
  start(window, request_of(1, 1), 0s);
  EXPECT_TRUE(holds(window, request_of(1, 1)));
  EXPECT_EQ(window.clients(0s, 70s), 1u);
}

}  // namespace
}  // namespace relaysieve::test
