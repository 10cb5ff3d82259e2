// SPDX-License-Identifier: Apache-2.0
// The stages of a decision, each on its own and all together, beside the floor: what the memory alone costs.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <string>

#include "census.h"
#include "fingerprint.h"
#include "floor.h"
#include "frames.h"
#include "memory.h"
#include "relaysieve/filter.h"
#include "relaysieve/message.h"

namespace relaysieve::bench {
namespace {

constexpr Policy kPolicy{};

Mix mix_of(const benchmark::State& state) {
  return {.clients = static_cast<size_t>(state.range(0)), .relays = static_cast<size_t>(state.range(1))};
}

// The mix that came out, beside the one that was asked for: a benchmark of something else reports nothing.
void report(benchmark::State& state, const Mix& mix, uint64_t frames, uint64_t drops) {
  const double dropped = frames ? static_cast<double>(drops) / static_cast<double>(frames) : 0;
  state.SetItemsProcessed(static_cast<int64_t>(frames));
  state.counters["dropped"] = dropped;
  state.counters["clients"] = static_cast<double>(mix.clients);
  if (frames >= 10'000 && std::abs(dropped - mix.copies()) > 0.01)
    state.SkipWithError("the verdicts are not those of the mix");
}

Request request_of(Copy copy) {
  const uint64_t key = (copy.client + 1) * 0x9e3779b97f4a7c15u;
  const uint64_t other = (key ^ key >> 29) * 0xbf58476d1ce4e5b9u;
  return {.client = other,
          .message = other ^ other >> 31,
          .scope = 1,
          .options = 2,
          .content = 2,
          .relay = {.router = copy.relay + 1, .asked = copy.relay + 1, .circuit = 0},
          .type = 1};
}

void parse(benchmark::State& state) {
  FrameMaker frames(golden_capture());
  Schedule schedule({.clients = 1024, .relays = 2});
  for (auto _ : state) {
    const Frame frame = frames.warm(schedule.next(), schedule.now());
    Parsed parsed = parse_dhcp4(frame.bytes);
    benchmark::DoNotOptimize(parsed);
  }
  state.SetItemsProcessed(state.iterations());
}

void fingerprint(benchmark::State& state) {
  FrameMaker frames(golden_capture());
  Schedule schedule({.clients = 1024, .relays = 2});
  const Frame frame = frames.warm(schedule.next(), schedule.now());
  const Parsed parsed = parse_dhcp4(frame.bytes);
  Fingerprint print(1);
  for (auto _ : state) {
    Request request = print.of(*parsed.message, 0, kPolicy);
    benchmark::DoNotOptimize(request);
  }
  state.SetItemsProcessed(state.iterations());
}

void window(benchmark::State& state) {
  const Mix mix = mix_of(state);
  Schedule schedule(mix);
  Memory memory(2 * mix.clients, kPolicy.window, Pages::resident);
  uint64_t count = 0, drops = 0;
  const auto burst = [&] {
    std::array<Request, kBurst> requests;
    std::array<Time, kBurst> times;
    for (size_t i = 0; i < kBurst; ++i) {
      requests[i] = request_of(schedule.next());
      times[i] = schedule.now();
      memory.prefetch(requests[i]);
    }
    for (size_t i = 0; i < kBurst; ++i)
      drops += info(memory.observe(requests[i], times[i], ++count, kPolicy).reason).action == Action::drop;
  };
  for (size_t i = 0; i < 2 * mix.clients * mix.relays; i += kBurst) burst();
  count = drops = 0;
  for (auto _ : state) burst();
  report(state, mix, count, drops);
}

// `noted`: with what a worker notes of each relay besides.
void filter(benchmark::State& state, bool noted) {
  const Mix mix = mix_of(state);
  Schedule schedule(mix);
  FrameMaker frames(golden_capture());
  Filter judge(std::make_shared<Policy>(), {.clients = 2 * mix.clients, .seed = 1, .resident = true});
  Census census;
  uint64_t count = 0, drops = 0;
  const auto burst = [&] {
    std::array<Frame, kBurst> in;
    std::array<Verdict, kBurst> out;
    for (Frame& frame : in) frame = frames.warm(schedule.next(), schedule.now());
    judge.judge(in, out);
    for (const Verdict& verdict : out) drops += verdict.dropped();
    for (size_t i = 0; noted && i < kBurst; ++i) census.note(in[i], out[i]);
    count += kBurst;
  };
  for (size_t i = 0; i < 2 * mix.clients * mix.relays; i += kBurst) burst();
  count = drops = 0;
  for (auto _ : state) burst();
  report(state, mix, count, drops);
}

void floor_of_memory(benchmark::State& state) {
  const Mix mix = mix_of(state);
  Schedule schedule(mix);
  FrameMaker frames(golden_capture());
  Floor floor(mix.clients);
  for (auto _ : state) {
    std::array<Frame, kBurst> in;
    for (Frame& frame : in) frame = frames.warm(schedule.next(), schedule.now());
    floor.touch(in);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBurst));
}

void grid(benchmark::internal::Benchmark* b) {
  b->ArgNames({"clients", "relays"})->ArgsProduct({{1 << 10, 1 << 16, 1 << 20}, {1, 2, 4}});
}

BENCHMARK(parse);
BENCHMARK(fingerprint);
BENCHMARK(floor_of_memory)->Apply(grid);
BENCHMARK(window)->Apply(grid);
BENCHMARK_CAPTURE(filter, alone, false)->Apply(grid);
BENCHMARK_CAPTURE(filter, with_census, true)->Apply(grid);

}  // namespace
}  // namespace relaysieve::bench

BENCHMARK_MAIN();
