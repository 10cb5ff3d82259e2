// SPDX-License-Identifier: Apache-2.0
// The whole loop between two DPDK ports in memory: ours, and testpmd's modes io and macswap.
#include <pcap/pcap.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <system_error>

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

// A file of such frames, as long as it is needed.
class OtherFrames {
 public:
  OtherFrames() {
    if (mkstemp(name_.data()) < 0) throw std::system_error(errno, std::generic_category(), name_);
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> link(pcap_open_dead(DLT_EN10MB, 64), pcap_close);
    const std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)> file(
        pcap_dump_open(link.get(), name_.c_str()), pcap_dump_close);
    const std::vector<uint8_t> frame = other_frame();
    const pcap_pkthdr head{.ts = {}, .caplen = 64, .len = 64};
    for (size_t i = 0; i < kBurst; ++i) pcap_dump(reinterpret_cast<u_char*>(file.get()), &head, frame.data());
  }
  ~OtherFrames() { unlink(name_.c_str()); }
  OtherFrames(const OtherFrames&) = delete;
  OtherFrames& operator=(const OtherFrames&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/relaysieve-bench-XXXXXX";
};

// Of both sides as many as one likes, all alike: net_null makes them, net_pcap copies them from memory.
template <typename Carrier>
class Others : public Fixture {
 public:
  explicit Others(const std::string& device) : pool_(1023) {
    pool_.fill(other_frame());
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
void add_others(const std::string& thing, const std::string& port,
                const std::function<std::string()>& device) {
  const std::string name = thing + "/traffic:other64/frames:warm/port:" + port;
  benchmark::RegisterBenchmark(name.c_str(), [name, device](benchmark::State& state) {
    auto& run =
        Fixture::get<Others<Carrier>>(name, [&] { return std::make_unique<Others<Carrier>>(device()); });
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
  const auto on_both = [](const std::string& port, const std::function<std::string()>& device) {
    add_others<Ours>("worker/ours", port, device);
    add_others<Io>("worker/io", port, device);
    add_others<Macswap>("worker/macswap", port, device);
  };
  on_both("null", [] { return "net_null%,size=64"; });
  on_both("pcap", [] {
    static const OtherFrames file;
    return "net_pcap%,infinite_rx=1,rx_pcap=" + file.name();
  });
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
