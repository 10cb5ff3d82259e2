// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "carriers.h"
#include "distinct.h"
#include "measure.h"
#include "ours.h"
#include "ports/environment.h"
#include "wire_ends.h"

namespace relaysieve::bench {

// Meets of threads that do not sleep: what they do next begins in one instant.
class Meeting {
 public:
  explicit Meeting(unsigned of) : of_(of) {}
  void wait() {
    const unsigned round = round_.load();
    if (come_.fetch_add(1) + 1 == of_) {
      come_ = 0;
      ++round_;
    } else {
      for (unsigned spins = 0; round_.load() == round; ++spins)
        if (spins > 10'000) std::this_thread::yield();  // somebody else has the processor
    }
  }

 private:
  const unsigned of_;
  std::atomic<unsigned> come_ = 0, round_ = 0;
};

// Workers, each held to a processor of its own, each between two ports made of rings; their filters share one memory. A
// client's copies from different relays come to different workers, as a NIC spreads them. In each batch every worker gets
// 1,024 frames: it writes them into its ring, untimed, then all begin at once; the batch takes as long as the slowest.
template <typename Carrier>
class Crew : public Fixture {
 public:
  Crew(const Mix& mix, unsigned workers)
      : mix_(mix),
        stream_({mix.clients, mix.relays, Frames::warm}),
        backlog_(mix.frames == Frames::cold ? kBacklog : 0),
        filter_(std::make_shared<Policy>(), {.clients = capacity(mix), .seed = 1, .resident = true}),
        bytes_(workers * kBatch * kRoom),
        with_all_(workers + 1),
        among_workers_(workers) {
    if (workers > std::thread::hardware_concurrency())
      throw std::runtime_error("skipped: there are fewer processors than workers");
    for (unsigned i = 0; i < workers; ++i) desks_.push_back(std::make_unique<Desk>(*this, i, workers));
    for (auto& desk : desks_) desk->thread = std::thread([this, &own = *desk] { work(own); });
    for (size_t i = stream_.batches(/*passes=*/2) / workers + backlog_ / kBatch + 1; i > 0; --i) {
      Found ignored;
      batch(ignored);
    }
    settled_ = true;
  }

  ~Crew() override {
    stop_ = true;
    with_all_.wait();
    for (auto& desk : desks_) desk->thread.join();
  }

  void batch(Found& found) {
    for (size_t i = 0; i < desks_.size(); ++i) deal(stream_.next(), &bytes_[i * kBatch * kRoom]);
    with_all_.wait();  // they begin
    with_all_.wait();  // they are done
    std::chrono::nanoseconds longest{};
    for (const auto& desk : desks_) longest = std::max(longest, desk->took);
    found.time += longest;
    found.frames += kBatch * desks_.size();
    if constexpr (Carrier::kJudges) {
      for (const auto& desk : desks_) {
        const uint64_t dropped = desk->carrier.totals().dropped;
        found.drops += dropped - std::exchange(desk->dropped, dropped);
      }
    } else if (!settled_) {
      for (const auto& desk : desks_)
        if (desk->came.size() == kBatch) distinct_.add([&](size_t i) { return desk->came[i]; });
    }
  }

  void look(Found& found) {
    if constexpr (Carrier::kJudges) {
      Time now{};
      for (const auto& desk : desks_) now = std::max(now, desk->timed.latest);
      found.clients = filter_.occupancy(now).clients;
    } else {
      found.decides = false;
      found.clients = distinct_.clients();
      found.drops = static_cast<uint64_t>(distinct_.copies() * static_cast<double>(found.frames));
    }
  }

 private:
  static constexpr size_t kBacklog = 256 * kBatch;  // 640 bytes touched in each: more than the caches hold
  static constexpr size_t kRoom = 512;

  struct Desk {
    Desk(Crew& crew, unsigned at, unsigned workers)
        : number(at),
          pool(crew.backlog_ + 2 * kBatch),
          routers(pool, crew.backlog_ + 2 * kBatch),
          server(pool, 2 * kBatch),
          timed(routers.queue()),
          carrier({&timed, routers.id()}, {&server.queue(), server.id()}, crew.filter_, {at, workers, true}) {
    }

    unsigned number;
    FramePool pool;
    RingEnd routers, server;
    Timed timed;
    Carrier carrier;
    std::vector<Frame> frames;  // of the next batch
    size_t waiting = 0;         // frames in its ring
    std::chrono::nanoseconds took{};
    uint64_t dropped = 0;
    std::vector<std::pair<uint64_t, uint64_t>> came;
    std::thread thread;
  };

  // Gives each worker its frames of a batch. `bytes`: room for all of them, because the stream's own will not stay.
  void deal(const Batch& batch, uint8_t* bytes) {
    for (size_t i = 0; i < kBatch; ++i, bytes += kRoom) {
      Frame frame = batch.frames[i];
      std::ranges::copy(frame.bytes, bytes);
      frame.bytes = {bytes, frame.bytes.size()};
      const size_t worker = mix_.relays > 1 ? batch.copies[i].relay : i;
      desks_[worker % desks_.size()]->frames.push_back(frame);
    }
  }

  void work(Desk& desk) {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(desk.number, &own);
    pthread_setaffinity_np(pthread_self(), sizeof own, &own);
    number_thread(desk.number);
    for (with_all_.wait(); !stop_; with_all_.wait()) {
      put(desk);
      among_workers_.wait();
      const auto begin = cpu_time();
      while (desk.waiting > backlog_) desk.waiting -= desk.carrier.step();
      desk.took = cpu_time() - begin;
      take(desk);
      with_all_.wait();
    }
  }

  void put(Desk& desk) {
    for (size_t i = 0; i < desk.frames.size(); ++i) {
      desk.routers.put(desk.frames[i].bytes);
      if (i % kBurst == 0) desk.timed.times.push_back(desk.frames[i].time);
    }
    desk.waiting += desk.frames.size();
    desk.frames.clear();
  }

  void take(Desk& desk) {
    desk.came.clear();
    desk.server.take([&](std::span<const uint8_t> frame) {
      if (!Carrier::kJudges && !settled_) desk.came.push_back(Distinct::of_frame(frame));
    });
  }

  Mix mix_;
  Stream stream_;
  size_t backlog_;
  Filter filter_;
  Distinct distinct_;
  std::vector<uint8_t> bytes_;
  Meeting with_all_, among_workers_;
  std::vector<std::unique_ptr<Desk>> desks_;
  bool stop_ = false, settled_ = false;
};

}  // namespace relaysieve::bench
