// SPDX-License-Identifier: Apache-2.0
// Who is evicted: both tables, driven at random, beside a list for each bucket.
#include "ways.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <vector>

#include "relaysieve/policy.h"
#include "turns.h"
#include "window.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

constexpr size_t kCapacity = 12, kKeys = 120;  // three buckets of seven ways
constexpr Duration kWindow = 1s;

Request request_of(uint64_t key, uint32_t router) {
  const uint64_t hash = (key + 1) * 0x9e3779b97f4a7c15;
  return {.client = hash, .message = hash, .relay = {.router = router, .asked = 1, .circuit = 0}, .type = 1};
}

// A table as a list for each bucket, the oldest entry first.
class Lists {
 public:
  explicit Lists(Duration lifetime) : lifetime_(lifetime) {}

  bool has(const Request& request) {
    auto& list = bucket(request);
    return std::ranges::find(list, request.message, &Entry::key) != list.end();
  }
  void erase(const Request& request) {
    bucket(request).remove_if([&](const Entry& e) { return e.key == request.message; });
  }
  void start(const Request& request, Time now) {
    auto& list = bucket(request);
    Entry entry = {request.message, request.relay.router, now};
    if (const auto old = std::ranges::find(list, entry.key, &Entry::key); old != list.end()) {
      if (keeps_router_) entry.router = old->router;
      list.erase(old);
    } else if (list.size() == 7) {
      list.erase(victim(list, entry.router, now));
    }
    list.push_back(entry);
  }
  void keep_router() { keeps_router_ = true; }
  size_t own_victims = 0, old_victims = 0;

 private:
  struct Entry {
    uint64_t key;
    uint32_t router;
    Time time;
  };
  using List = std::list<Entry>;

  List& bucket(const Request& request) { return lists_[bucket_of(request.message, lists_.size())]; }
  List::iterator victim(List& list, uint32_t router, Time now) {
    const bool alive = now - list.front().time <= lifetime_;
    if (!alive || std::ranges::count(list, router, &Entry::router) < 4) return ++old_victims, list.begin();
    return ++own_victims, std::ranges::find(list, router, &Entry::router);
  }

  const Duration lifetime_;
  bool keeps_router_ = false;  // of an entry that starts anew
  std::vector<List> lists_ = std::vector<List>(buckets_for(kCapacity));
};

// Random operations: entries start, start anew or are erased, most at one time, through few routers.
template <typename Start, typename Erase, typename Has>
void drive(Lists& model, Duration lifetime, Start start, Erase erase, Has has) {
  std::mt19937_64 random(1);
  Time now = 1000s;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 8 == 0) now += random() % 2 ? 1ns : lifetime / 3;
    const Request request = request_of(random() % kKeys, random() % 4 == 0 ? 2 : 1);
    if (random() % 8 == 0) {
      erase(request);
      model.erase(request);
    } else {
      start(request, now);
      model.start(request, now);
    }
    for (uint64_t key = 0; key < kKeys; ++key)
      ASSERT_EQ(has(request_of(key, 1)), model.has(request_of(key, 1))) << "key " << key << ", step " << step;
  }
  EXPECT_GT(model.own_victims, 1000u);
  EXPECT_GT(model.old_victims, 1000u);
}

TEST(Eviction, OfRecordsIsThatOfAList) {
  Window window(kCapacity, Pages::lazy);
  Lists model(kWindow);
  const auto start = [&](const Request& request, Time now) {
    const uint32_t known = window.find(request);
    window.start(known != kNowhere ? known : window.claim(request, now, kWindow), request, now, 0);
  };
  const auto erase = [&](const Request& request) {
    if (const uint32_t slot = window.find(request); slot != kNowhere) window.erase(slot);
  };
  drive(model, kWindow, start, erase, [&](const Request& r) { return window.find(r) != kNowhere; });
}

TEST(Eviction, OfClientsIsThatOfAList) {
  Turns turns(kCapacity, Pages::lazy);
  Lists model(kClientHorizon);
  model.keep_router();
  ClientBefore before;
  const auto start = [&](const Request& request, Time now) { turns.begin(request, now, before); };
  const auto erase = [&](const Request& request) {
    if (const uint32_t slot = turns.find(request); slot != kNowhere) turns.restore(slot, {.known = false});
  };
  drive(model, kClientHorizon, start, erase, [&](const Request& r) { return turns.find(r) != kNowhere; });
}

TEST(Eviction, WithinOneBurstIsInOrderToo) {  // all at one time: the oldest is not the lowest in the bucket
  Window window(4, Pages::lazy);              // one bucket
  const auto ask = [&](uint64_t key, uint32_t router) {
    const Request request = request_of(key, router);
    window.start(window.claim(request, 0s, kWindow), request, 0s, 0);
  };
  for (uint32_t key = 0; key < 70; ++key) ask(key, key);
  for (uint32_t key = 0; key < 70; ++key)
    EXPECT_EQ(window.find(request_of(key, 0)) != kNowhere, key >= 63) << key;
}

TEST(Eviction, OfAFloodThroughOneRouterTakesItsOwn) {
  Window window(4, Pages::lazy);
  const auto ask = [&](uint64_t key, uint32_t router) {
    const Request request = request_of(key, router);
    window.start(window.claim(request, 0s, kWindow), request, 0s, 0);
  };
  for (uint32_t key = 0; key < 3; ++key) ask(key, 1);
  for (uint32_t key = 100; key < 1000; ++key) ask(key, 2);
  for (uint32_t key = 0; key < 3; ++key) EXPECT_NE(window.find(request_of(key, 1)), kNowhere) << key;
}

}  // namespace
}  // namespace relaysieve::test
