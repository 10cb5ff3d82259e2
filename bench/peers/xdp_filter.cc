// SPDX-License-Identifier: Apache-2.0
#include "peers/xdp_filter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "measure.h"
#include "peers/record.h"
#include "wire.h"

namespace relaysieve::bench {
namespace {

constexpr size_t kLeast = 1 << 20;

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("skipped: ") + what + ": " + std::strerror(errno));
}

bpf_map* feed_of(bpf_object* object) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map,
                           object) if (std::string_view(bpf_map__name(map)).ends_with(".bss")) return map;
  return nullptr;
}

}  // namespace

XdpFilter::XdpFilter(const FrameMaker& maker, const Mix& mix)
    : maker_(maker), object_(nullptr, bpf_object__close) {
  libbpf_set_print(nullptr);
  object_.reset(bpf_object__open(RELAYSIEVE_XDP_FILTER));
  must(object_ != nullptr, RELAYSIEVE_XDP_FILTER);
  bpf_map__set_max_entries(bpf_object__find_map_by_name(object_.get(), "seen"),
                           static_cast<uint32_t>(std::max(roomy(mix), kLeast)));
  must(bpf_object__load(object_.get()) == 0, "the kernel does not take an XDP program");
  const auto program = [&](const char* name) {
    return bpf_program__fd(bpf_object__find_program_by_name(object_.get(), name));
  };
  judge_ = program("judge_all");
  only_feed_ = program("only_feed");
  seen_ = bpf_object__find_map_fd_by_name(object_.get(), "seen");
  void* feed = mmap(nullptr, sizeof *feed_, PROT_READ | PROT_WRITE, MAP_SHARED,
                    bpf_map__fd(feed_of(object_.get())), 0);
  must(feed != MAP_FAILED, "the program's data");
  feed_ = static_cast<xdp_feed*>(feed);
}

XdpFilter::~XdpFilter() { munmap(feed_, sizeof *feed_); }

void XdpFilter::prepare(const Batch& batch) {
  runs_.clear();
  for (size_t i = 0; i < kBatch; ++i) {
    const Copy& copy = batch.copies[i];
    const auto bytes = batch.frames[i].bytes;
    Run& run = runs_[maker_.kind_of(copy) * 2 + copy.pass % 2];
    if (run.copies.empty()) run.frame.assign(bytes.begin(), bytes.end());
    xdp_copy& next = run.copies.emplace_back();
    next.time = static_cast<uint64_t>(batch.frames[i].time.count());
    next.client = copy.client;
    std::memcpy(&next.xid, &bytes[FrameMaker::kBootp + bootp::kXid], sizeof next.xid);
    next.relay = bytes[FrameMaker::kSourceMac + 5];
  }
}

std::chrono::nanoseconds XdpFilter::run(int program, const Run& run) {
  feed_->count = static_cast<uint32_t>(run.copies.size());
  std::ranges::copy(run.copies, feed_->copies);
  LIBBPF_OPTS(bpf_test_run_opts, how);
  how.data_in = run.frame.data();
  how.data_size_in = static_cast<uint32_t>(run.frame.size());
  how.repeat = 1;  // with more the kernel patches itself before each run, which takes it milliseconds
  const auto begin = cpu_time();
  must(bpf_prog_test_run_opts(program, &how) == 0, "BPF_PROG_TEST_RUN");
  return cpu_time() - begin;
}

std::chrono::nanoseconds XdpFilter::decide_all(uint64_t& drops) {
  std::chrono::nanoseconds took{};
  for (const auto& [kind, copies] : runs_) {
    took -= run(only_feed_, copies);
    feed_->drops = 0;
    took += run(judge_, copies);
    drops += feed_->drops;
  }
  return took;
}

// The map tells its keys, many at once: 16 bytes of which chaddr begins at the ninth.
size_t XdpFilter::clients(Time) const {
  struct Key {
    uint8_t bytes[16];
  };
  constexpr uint32_t kAtOnce = 4096;
  std::vector<Key> keys(kAtOnce), values(kAtOnce);
  absl::flat_hash_set<uint64_t> clients;
  uint32_t place = 0, count = kAtOnce;
  for (void* in = nullptr;; in = &place) {
    count = kAtOnce;
    const int error = bpf_map_lookup_batch(seen_, in, &place, keys.data(), values.data(), &count, nullptr);
    if (error != 0 && errno != ENOENT) break;
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t chaddr = 0;
      std::memcpy(&chaddr, keys[i].bytes + 8, 6);
      clients.insert(chaddr);
    }
    if (error != 0) break;  // that was the last of them
  }
  return clients.size();
}

}  // namespace relaysieve::bench
