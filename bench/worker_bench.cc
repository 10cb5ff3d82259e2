// SPDX-License-Identifier: Apache-2.0
// The whole loop between two DPDK ports in memory: ours, and testpmd's modes io and macswap.
#include <array>
#include <stdexcept>

#include "carriers.h"
#include "crew.h"
#include "measure.h"
#include "rows.h"
#include "wire_ends.h"

namespace relaysieve::bench {
namespace {

// A frame of 64 bytes that is not DHCP, to look at as far as one has to: UDP to the port of TFTP, from the head of a request.
std::vector<uint8_t> other_frame() {
  const FrameMaker maker;
  std::vector<uint8_t> frame(maker.longest());
  maker.write({}, frame.data());
  frame.resize(64);
  constexpr size_t kIp = 14, kUdp = 34;
  frame[kIp + 2] = frame[kUdp + 4] = 0;
  frame[kIp + 3] = 64 - kIp;
  frame[kUdp + 5] = 64 - kUdp;
  frame[kUdp + 3] = 69;
  return frame;
}

// Of both sides as many as one likes (net_null), all alike.
template <typename Carrier>
class Others : public Fixture {
 public:
  Others() : pool_(1023) {
    pool_.fill(other_frame());
    const std::string device = "net_null%,size=64";
    for (auto& port : ports_) port = std::make_unique<DevicePort>(pool_, device);
    carrier_ = std::make_unique<Carrier>(Side{&ports_[0]->queue(), ports_[0]->id()},
                                         Side{&ports_[1]->queue(), ports_[1]->id()}, filter_);
  }

  void batch(Found& found) {
    const auto begin = cpu_time();
    for (size_t came = 0; came < kBatch;) found.frames += carrier_->step(), came += 2 * kBurst;
    found.time += cpu_time() - begin;
  }
  // Whether all that came since `before` was forwarded as what it is.
  bool as_asked(uint64_t frames) {
    if constexpr (Carrier::kJudges) {
      const Totals totals = carrier_->totals();
      seen_ += frames;
      return totals.count(Reason::not_dhcp) + totals.count(Reason::server_side) == seen_ &&
             totals.forwarded == seen_;
    }
    return true;
  }

 private:
  FramePool pool_;
  std::array<std::unique_ptr<DevicePort>, 2> ports_;
  Filter filter_{std::make_shared<Policy>(), {.clients = 1024, .seed = 1, .resident = true}};
  std::unique_ptr<Carrier> carrier_;
  uint64_t seen_ = 0;
};

template <typename Carrier>
void add_others(const std::string& thing) {
  const std::string name = thing + "/traffic:other64/frames:warm/port:null";
  benchmark::RegisterBenchmark(name.c_str(), [name](benchmark::State& state) {
    auto& run = Fixture::get<Others<Carrier>>(name, [] { return std::make_unique<Others<Carrier>>(); });
    Found found;
    for (auto _ : state) {
      const auto before = found.time;
      run.batch(found);
      state.SetIterationTime(seconds(found.time - before));
    }
    report_time(state, found);
    if (!run.as_asked(found.frames))
      state.SkipWithError("not what was asked for: not all are forwarded as not_dhcp");
  })->UseManualTime();
}

template <typename Carrier>
void add_requests(const std::string& thing, const Mix& mix, unsigned workers) {
  const std::string name = row_name(thing, mix) + "/port:ring/workers:" + std::to_string(workers);
  benchmark::RegisterBenchmark(name.c_str(), [name, mix, workers](benchmark::State& state) {
    try {
      auto& crew = Fixture::get<Crew<Carrier>>(
          name, [&] { return std::make_unique<Crew<Carrier>>(streamed(mix), workers); });
      Found found;
      for (auto _ : state) {
        const auto before = found.time;
        crew.batch(found);
        state.SetIterationTime(seconds(found.time - before));
      }
      crew.look(found);
      report(state, mix, found);
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  })->UseManualTime();
}

}  // namespace

void add_worker_rows() {
  add_others<Ours>("worker/ours");
  add_others<Io>("worker/io");
  add_others<Macswap>("worker/macswap");
  for (const Frames frames : {Frames::warm, Frames::cold}) {
    const Mix mix{1 << 16, 1, frames};
    add_requests<Io>("worker/io", mix, 1);
    add_requests<Macswap>("worker/macswap", mix, 1);
    for (const size_t clients : {1 << 10, 1 << 16, 1 << 20})
      for (const size_t relays : {1, 2, 4}) add_requests<Ours>("worker/ours", {clients, relays, frames}, 1);
  }
  for (const size_t clients : {1 << 16, 1 << 20})
    for (const size_t relays : {1, 2, 4})
      add_requests<Ours>("worker/ours", {clients, relays, Frames::warm}, 2);
}

}  // namespace relaysieve::bench
