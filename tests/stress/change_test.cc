// SPDX-License-Identifier: Apache-2.0
// Settings change and the memory is flushed while other threads judge.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "ports/policy_feed.h"
#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/network.h"
#include "together.h"
#include "wire.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

// One thread's relay: a DISCOVER of real shape, with the round's client written in.
class Relayed {
 public:
  explicit Relayed(uint8_t number)
      : bytes_(Router{"R", {2, 0, 0, 0, 0, number}, 0x0a1e0002u + number, 0x0a140002u + number}
                   .brings(edk2().discover())
                   .bytes()) {}
  Frame in(uint64_t round) {
    const auto client = static_cast<uint32_t>(round);
    std::memcpy(bytes_.data() + 14 + 20 + 8 + bootp::kChaddr + 2, &client, sizeof client);
    return {.bytes = bytes_, .time = std::chrono::milliseconds(round), .number = round};
  }

 private:
  Bytes bytes_;
};

constexpr uint64_t kChanges = 100;  // at the least; there are more rounds until there were as many

struct Count {
  uint64_t rounds = 0, doubled = 0, lost = 0, changes = 0;
};

// Workers judge copies of one request at once, and take each new policy between two rounds, as the daemon's do.
// Meanwhile another thread calls change(n, feed, filter) without a pause. The memory is small enough that some
// records are evicted while they count, and large enough that the Bloom filter behind it is as good as never wrong.
template <typename Change>
Count judge_while(Change change) {
  const unsigned threads = processors();
  const auto policy = std::make_shared<const Policy>();
  PolicyFeed feed(policy);
  Filter other(policy, {.clients = 1536, .seed = 1});
  std::vector<Filter> filters;
  std::vector<Relayed> relays;
  for (unsigned t = 0; t < threads; ++t) {
    filters.push_back(other.share());
    relays.emplace_back(static_cast<uint8_t>(t % 8));
  }
  std::vector<uint64_t> editions(threads * 16);  // a cache line apart

  Count count;
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> changes = 0;
  std::jthread changer([&] {
    while (!stop.load()) change(changes++, feed, other);
  });
  const auto act = [&](unsigned self, uint64_t round, Call& call) {
    if (const uint64_t edition = feed.edition(); edition != editions[self * 16]) {
      editions[self * 16] = edition;
      filters[self].adopt(feed.policy());
    }
    call.forwarded = !filters[self].judge(relays[self].in(count.rounds + round)).dropped();
  };
  const auto check = [&](uint64_t, const std::vector<Call>& calls) {
    const auto passed = std::ranges::count(calls, true, &Call::forwarded);
    count.doubled += passed > 1;
    count.lost += passed == 0;
  };
  for (int times = 0; times == 0 || (times < 100 && changes <= kChanges); ++times)
    count.rounds += in_rounds(threads, rounds_of(200'000), act, check);
  stop = true;
  changer.join();
  count.changes = changes;
  std::printf("%u threads, %lu rounds, %lu changes, %lu doubled, %lu lost\n", threads, count.rounds,
              count.changes, count.doubled, count.lost);
  return count;
}

void change(PolicyFeed& feed, Filter& other, const Policy& policy) {  // as the daemon does it
  const auto next = std::make_shared<const Policy>(policy);
  other.adopt(next);
  other.retune();
  feed.publish(next);
}

TEST(Change, ToThePolicyInForceDoublesNothing) {
  const Count count = judge_while([](uint64_t, PolicyFeed& feed, Filter& other) {
    change(feed, other, Policy());
    std::this_thread::yield();
  });
  EXPECT_GT(count.changes, kChanges);
  EXPECT_EQ(count.doubled, 0u);
  EXPECT_EQ(count.lost, 0u);
}

TEST(Change, OfTheEchoWindowTheTurnsAndTheGroupsOfOthersDoublesNothing) {
  const Count count = judge_while([](uint64_t n, PolicyFeed& feed, Filter& other) {
    Policy policy;
    policy.echo_window = n % 2 ? 50ms : 100ms;
    policy.turn_after = n % 3 ? 2500ms : 0ms;
    policy.relay_groups = {{{0xc0000201u, 32}}, {{0xc0000202u, 32}}};
    change(feed, other, policy);
    std::this_thread::yield();
  });
  EXPECT_GT(count.changes, kChanges);
  EXPECT_EQ(count.doubled, 0u);
  EXPECT_EQ(count.lost, 0u);
}

TEST(Change, OfTheWindowAndTheScopeLosesNothing) {
  const Count count = judge_while([](uint64_t n, PolicyFeed& feed, Filter& other) {
    constexpr std::array kWindows = {10ms, 500ms, 1000ms};
    Policy policy;
    policy.window = kWindows[n % 3];
    policy.echo_window = 5ms;
    policy.scope = n % 2 ? ScopeRule::subnet : ScopeRule::any;
    change(feed, other, policy);
    std::this_thread::yield();
  });
  EXPECT_GT(count.changes, kChanges);
  EXPECT_EQ(count.lost, 0u);
}

// Who counts what the memory holds takes no lock; ThreadSanitizer sees that it needs none.
TEST(Change, AGlanceAtTheMemoryDisturbsNothing) {
  size_t most = 0;
  const Count count = judge_while([&](uint64_t, PolicyFeed&, Filter& other) {
    const Occupancy held = other.occupancy(0s);
    most = std::max({most, held.transmissions, held.clients});
    EXPECT_LE(other.false_positives(1s), 0.0013);
    std::this_thread::yield();
  });
  EXPECT_GT(count.changes, kChanges);
  EXPECT_EQ(count.doubled, 0u);
  EXPECT_EQ(count.lost, 0u);
  EXPECT_GT(most, 100u);
}

TEST(Change, AFlushLosesNothing) {
  const Count count = judge_while([](uint64_t, PolicyFeed&, Filter& other) {
    other.flush();
    std::this_thread::yield();
  });
  EXPECT_GT(count.changes, kChanges);
  EXPECT_EQ(count.lost, 0u);
}

}  // namespace
}  // namespace relaysieve::test
