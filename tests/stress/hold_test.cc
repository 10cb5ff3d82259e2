// SPDX-License-Identifier: Apache-2.0
// How long a worker is held up while another thread flushes the memory or retunes it.
//   RELAYSIEVE_CLIENTS=16777216 build/tests/stress/hold_test
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "relaysieve/filter.h"
#include "support/clients.h"
#include "support/network.h"
#include "together.h"
#include "wire.h"

namespace relaysieve::test {
namespace {

using namespace std::chrono_literals;

size_t clients() {
  const char* asked = std::getenv("RELAYSIEVE_CLIENTS");
  return asked ? std::strtoull(asked, nullptr, 10) : 524'288;
}

// The processor time of the calling thread: what others do on its core does not count, waiting for a lock does.
Duration own_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

template <typename Act>
Duration time_of(Act act) {
  const Duration begin = own_time();
  act();
  return own_time() - begin;
}

struct Times {
  Duration median{}, most{}, longest{};  // most: of all but one in 10,000
};

// Judges requests of ever new clients, one by one.
Times judge(Filter& filter, uint64_t count) {
  Bytes bytes = Router{"R", {2, 0, 0, 0, 0, 1}, 0x0a1e0002u, 0x0a140002u}.brings(edk2().discover()).bytes();
  std::vector<Duration> times(count);
  for (uint64_t n = 0; n < count; ++n) {
    const uint64_t client = n * 0x9e3779b97f4a7c15u >> 32;
    std::memcpy(bytes.data() + 14 + 20 + 8 + bootp::kChaddr + 2, &client, 4);
    const Frame frame{.bytes = bytes, .time = std::chrono::microseconds(n), .number = n};
    times[n] = time_of([&] { filter.judge(frame); });
  }
  std::ranges::sort(times);
  return {times[count / 2], times[count - count / 10'000], times.back()};
}

double ms(Duration time) { return static_cast<double>(time.count()) / 1e6; }

void print(const char* what, const Times& times) {
  std::printf("%-32s median %6ld ns, 99.99 %% within %8ld ns, longest %8ld ns\n", what,
              long(times.median.count()), long(times.most.count()), long(times.longest.count()));
}

TEST(Hold, AFlushHoldsUpNobodyElse) {
  Filter worker(std::make_shared<const Policy>(), {.clients = clients(), .seed = 1, .resident = true});
  Filter control = worker.share();
  const uint64_t count = rounds_of(1'000'000);
  judge(worker, count);  // touches the memory
  const Times alone = judge(worker, count);

  std::atomic<bool> stop = false;
  std::atomic<uint64_t> flushes = 0;
  Duration flush{}, retune{};
  std::jthread other([&] {
    settle(1);
    while (!stop.load()) {
      flush = time_of([&] { control.flush(); });
      control.adopt(std::make_shared<const Policy>(Policy{.window = ++flushes % 2 ? 2s : 1s}));
      retune = time_of([&] { control.retune(); });
    }
  });
  settle(0);
  while (flushes == 0) std::this_thread::yield();
  const Times beside = judge(worker, count);
  stop = true;
  other.join();

  std::printf("%zu clients; %lu flushes; one flush %.1f ms, one retuning %.3f ms\n", clients(),
              flushes.load(), ms(flush), ms(retune));
  print("one decision, nothing beside it", alone);
  print("while the memory is flushed", beside);
  EXPECT_GT(flushes, 1000u) << "too few to meet anybody";
  EXPECT_LT(flush, 1ms) << "of a table that takes milliseconds to touch";
  EXPECT_LT(beside.most, 3 * alone.most + 10us);
}

}  // namespace
}  // namespace relaysieve::test
