// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "stream.h"

namespace relaysieve::bench {

// What a benchmark found, to be held against what it was asked for.
struct Found {
  uint64_t frames = 0;
  uint64_t drops = 0;  // or copies, where nothing is dropped:
  bool decides = true;
  std::chrono::nanoseconds time{};
  size_t clients = 0;  // distinct ones, as the thing that was measured tells
  size_t bytes = 0;    // of its memory; 0 = it has none
};

void report_time(benchmark::State& state, const Found& found);
inline constexpr double kTolerance = 0.01;
// Writes all counters; refuses to report what differs by 1 % from the mix. `fewer`: so many clients may be missing.
void report(benchmark::State& state, const Mix& mix, const Found& found, double fewer = kTolerance);

// To see the refusal: streams something else than what was asked for.
enum class Wrong { nothing, mix, clients };
extern Wrong wrong;
Mix streamed(Mix asked);

// Of this thread, so that who else is on the machine counts less.
inline std::chrono::nanoseconds cpu_time() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

inline double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// Bytes that this process has mapped.
size_t mapped_bytes();

// What a benchmark keeps between its repetitions: Google Benchmark calls it several times, and to fill a table of a
// million clients takes longer than to measure it.
class Fixture {
 public:
  virtual ~Fixture() = default;

  // That of this name; made by `make` if it is not there. Of all of them the latest few are kept.
  template <typename T, typename Make>
  static T& get(const std::string& name, Make make) {
    Fixture* found = find(name);
    if (found == nullptr) found = keep(name, make());
    return static_cast<T&>(*found);
  }
  static void drop_all();  // before DPDK ends

 private:
  static Fixture* find(const std::string& name);
  static Fixture* keep(const std::string& name, std::unique_ptr<Fixture> fixture);
};

// Something that judges batches. A subject has
//   Subject(const FrameMaker&, const Mix&);  throws std::runtime_error with the reason if it cannot be had here
//   void prepare(const Batch&);              untimed
//   uint64_t decide(size_t at);              timed: judges the burst at this place; how many of it were dropped
//   void settle(const Batch&);               untimed, after each batch of the first passes
//   size_t clients(Time now);                distinct ones that it knows
//   static constexpr bool kRemembers;        has a memory, all that it has mapped when it was made
//   size_t bytes();                          only if that is not so: what it has
//   static constexpr double kFewer;          only if so large a share of the clients may be missing
//   double copies();                         only if decide() drops nothing: the share that it tells to be copies
// or, if it has a clock of its own, instead of decide
//   std::chrono::nanoseconds decide_all(uint64_t& drops);
template <typename Subject>
std::chrono::nanoseconds timed(Subject& subject, uint64_t& drops) {
  if constexpr (requires { subject.decide_all(drops); }) {
    return subject.decide_all(drops);
  } else {
    const auto begin = cpu_time();
    for (size_t at = 0; at < kBatch; at += kBurst) drops += subject.decide(at);
    return cpu_time() - begin;
  }
}

// A subject and its stream, which has gone through all clients twice.
template <typename Subject>
class Run : public Fixture {
 public:
  explicit Run(const Mix& mix) : stream_(mix), mapped_(mapped_bytes()), subject_(stream_.maker(), mix) {
    mapped_ = mapped_bytes() - mapped_;
    for (size_t i = stream_.batches(/*passes=*/2); i > 0; --i) {
      Found ignored;
      subject_.settle(batch(ignored));
    }
  }

  // Judges one batch, and says how long it took.
  const Batch& batch(Found& found) {
    const Batch& next = stream_.next();
    subject_.prepare(next);
    found.time += timed(subject_, found.drops);
    found.frames += kBatch;
    now_ = next.now();
    return next;
  }
  void look(Found& found) {
    found.clients = subject_.clients(now_);
    if constexpr (requires { subject_.bytes(); }) {
      found.bytes = subject_.bytes();
    } else if (Subject::kRemembers) {
      found.bytes = mapped_;
    }
    if constexpr (requires { subject_.copies(); }) {
      found.decides = false;
      found.drops = static_cast<uint64_t>(subject_.copies() * static_cast<double>(found.frames));
    }
  }

 private:
  Stream stream_;
  size_t mapped_;
  Subject subject_;
  Time now_{};
};

template <typename Subject>
void measure(benchmark::State& state, const std::string& name, const Mix& mix) try {
  auto& run = Fixture::get<Run<Subject>>(name, [&] { return std::make_unique<Run<Subject>>(streamed(mix)); });
  Found found;
  for (auto _ : state) {
    const auto before = found.time;
    run.batch(found);
    state.SetIterationTime(seconds(found.time - before));
  }
  run.look(found);
  if constexpr (requires { Subject::kFewer; })
    report(state, mix, found, Subject::kFewer);
  else
    report(state, mix, found);
} catch (const std::exception& error) {
  state.SkipWithError(error.what());
}

std::string row_name(const std::string& thing, const Mix& mix);

// One row of the table: "stage/whose/clients:1048576/relays:2/frames:warm".
template <typename Subject>
void add_row(const std::string& thing, const Mix& mix) {
  const std::string name = row_name(thing, mix);
  benchmark::RegisterBenchmark(name.c_str(), [name, mix](benchmark::State& state) {
    measure<Subject>(state, name, mix);
  })->UseManualTime();
}

template <typename Subject>
void add_rows(const std::string& thing) {
  for (const size_t clients : {1 << 10, 1 << 16, 1 << 20})
    for (const size_t relays : {1, 2, 4})
      for (const Frames frames : {Frames::warm, Frames::cold})
        add_row<Subject>(thing, {clients, relays, frames});
}

}  // namespace relaysieve::bench
