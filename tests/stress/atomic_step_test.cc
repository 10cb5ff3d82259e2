// SPDX-License-Identifier: Apache-2.0
// Copies of one request on several cores in the same instant: exactly one passes, and if that one is refused by the
// transmit side, a later one does.
#include <gtest/gtest.h>

#include <cstdio>

#include "memory.h"
#include "support/request.h"
#include "together.h"

namespace relaysieve {
namespace {

using test::request_with;

constexpr Policy kPolicy{};
// One round a millisecond: a window holds 1,000 rounds, and nothing is evicted before its time.
constexpr size_t kClients = 8192;

// A round's request as a relay brings it.
Request request_of(uint64_t round, uint32_t relay) {
  const uint64_t key = round * 0x9e3779b97f4a7c15u | 1;
  return request_with(key ^ 0x5555, key, relay);
}

// A record holds eight relays; of more threads some are one relay, whose second copy is an echo.
uint32_t relay_of(unsigned thread) { return thread % RelayList::kMost + 1; }

bool forwards(const Verdict& decision) { return info(decision.reason).action == Action::forward; }

TEST(AtomicStep, OfTheCopiesThatArriveAtOnceExactlyOnePasses) {
  Memory memory(kClients, kPolicy.window, Pages::lazy);
  uint64_t at_once = 0, doubled = 0, lost = 0;
  const auto act = [&](unsigned self, uint64_t round, Call& call) {
    const Request request = request_of(round, relay_of(self));
    call.forwarded = forwards(memory.observe(request, std::chrono::milliseconds(round), round, kPolicy));
  };
  const auto check = [&](uint64_t, const std::vector<Call>& calls) {
    const auto passed = std::ranges::count(calls, true, &Call::forwarded);
    at_once += overlapped(calls);
    doubled += passed > 1;
    lost += passed == 0;
  };
  const uint64_t rounds = in_rounds(processors(), rounds_of(10'000'000), act, check);

  const double share = static_cast<double>(at_once) / static_cast<double>(rounds);
  std::printf("%u threads, %lu rounds, %.1f %% overlapped, %lu doubled, %lu lost\n", processors(), rounds,
              100 * share, doubled, lost);
  EXPECT_GT(share, 0.10);
  EXPECT_EQ(doubled, 0u);
  EXPECT_EQ(lost, 0u);
}

// Some of those that pass are refused and undone, while the other copies are being judged. Then one more relay
// brings its copy: it passes if, and only if, none has been delivered.
TEST(AtomicStep, AfterARefusedFirstCopyALaterOnePasses) {
  Memory memory(kClients, kPolicy.window, Pages::lazy);
  uint64_t undone = 0, doubled = 0, lost = 0;
  const auto act = [&](unsigned self, uint64_t round, Call& call) {
    const Request request = request_of(round, relay_of(self));
    const Verdict decision = memory.observe(request, std::chrono::milliseconds(round), round, kPolicy);
    call.forwarded = forwards(decision);
    call.refused = call.forwarded && request.key.message >> (self + 8) & 1;  // as good as by chance
    if (call.refused) memory.undo(decision.undo);
  };
  const auto check = [&](uint64_t round, const std::vector<Call>& calls) {
    const auto refused = std::ranges::count(calls, true, &Call::refused);
    const auto delivered = std::ranges::count(calls, true, &Call::forwarded) - refused;
    const Request late = request_of(round, 99);
    const bool passes = forwards(memory.observe(late, std::chrono::milliseconds(round), round, kPolicy));
    undone += refused > 0;
    lost += delivered == 0 && !passes;
    doubled += delivered + passes > 1;
  };
  const uint64_t rounds = in_rounds(processors(), rounds_of(1'000'000), act, check);

  std::printf("%u threads, %lu rounds, in %lu of them a copy was undone, %lu doubled, %lu lost\n",
              processors(), rounds, undone, doubled, lost);
  EXPECT_GT(undone, rounds / 4);
  EXPECT_EQ(doubled, 0u);
  EXPECT_EQ(lost, 0u);
}

}  // namespace
}  // namespace relaysieve
