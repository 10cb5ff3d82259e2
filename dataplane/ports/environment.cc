// SPDX-License-Identifier: Apache-2.0
#include "ports/environment.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>
#include <rte_pci.h>
#include <rte_pdump.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ports/huge_pages.h"
#include "ports/port.h"

namespace relaysieve {
namespace {

constexpr unsigned kCache = 256;                    // frames that a worker keeps at hand
constexpr unsigned kCached = kCache + kCache / 2;   // and those it has not yet given back
constexpr unsigned kRing = 512;                     // descriptors of a NIC's queue, each way
constexpr uint64_t kPerFrame = kFrameBuffer + 256;  // bytes, with DPDK's own words before and after
constexpr uint64_t kForDpdk = uint64_t{16} << 20;   // its tables, and pdump's 4 MiB of statistics
constexpr const char* kOrdinary =
    "RELAYSIEVED_ORDINARY_MEMORY";  // in the environment of one that starts anew

std::mutex complaint_mutex;
std::string first_complaint;

// DPDK writes its log here, message by message. It goes to ours at level debug, and the first complaint is kept.
ssize_t take_log(void*, const char* text, size_t size) {
  std::string_view line(text, size);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.empty()) return static_cast<ssize_t>(size);
  spdlog::debug("dpdk: {}", line);
  const std::lock_guard lock(complaint_mutex);
  if (first_complaint.empty() && rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_ERR))
    first_complaint = line;
  return static_cast<ssize_t>(size);
}

// All the processors this process may use, for its one EAL thread: binding is not the environment's business.
std::string processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> numbers;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) numbers.push_back(cpu);
  return absl::StrCat("0@(", absl::StrJoin(numbers, ","), ")");
}

// The frames that a port's queue holds back from the others: in its rings, and in bursts on their way. A packet
// socket has no rings, but the frames that it will receive into next.
unsigned received_frames(PortKind kind) {
  return Burst::kSize + (kind == PortKind::interface ? Burst::kSize : kRing);
}
unsigned sent_frames(PortKind kind) { return kind == PortKind::interface ? 0 : kRing; }

int numa_node(const std::string& port) {
  rte_pci_addr address;
  char device[PCI_PRI_STR_SIZE];
  if (rte_pci_addr_parse(port.c_str(), &address) != 0) return SOCKET_ID_ANY;
  rte_pci_device_name(&address, device, sizeof device);
  int node = SOCKET_ID_ANY;
  std::ifstream(absl::StrCat("/sys/bus/pci/devices/", device, "/numa_node")) >> node;
  return node;
}

// How many frames the ports need on each NUMA node: what they receive, and what any port may have in its rings to
// be sent.
std::map<int, unsigned> frames_by_node(const std::vector<std::string>& ports, unsigned queues) {
  std::map<int, unsigned> frames;
  unsigned anywhere = kCached * queues;
  for (const std::string& port : ports) anywhere += sent_frames(kind_of(port)) * queues;
  for (const std::string& port : ports) frames[numa_node(port)] += received_frames(kind_of(port)) * queues;
  for (auto& [node, count] : frames) count += anywhere;
  return frames;
}

uint64_t memory_for(const std::map<int, unsigned>& frames) {
  uint64_t bytes = kForDpdk;
  for (const auto& [node, count] : frames) bytes += count * kPerFrame;
  return bytes;
}

FrameMemory best_memory(uint64_t bytes, bool can_be_found) {
  uint64_t shared = 0;
  uint64_t all = 0;
  for (const HugePages& pages : huge_pages()) {
    all += pages.size * pages.free;
    if (!pages.mount.empty()) shared += pages.size * pages.free;
  }
  if (std::getenv(kOrdinary) != nullptr || all < bytes) return FrameMemory::ordinary;
  return can_be_found && shared >= bytes ? FrameMemory::shared_huge_pages : FrameMemory::huge_pages;
}

std::vector<std::string> arguments(const std::vector<std::string>& ports, const FilePrefix* prefix,
                                   FrameMemory memory, uint64_t bytes) {
  std::vector<std::string> words = {"relaysieved", "--lcores", processors()};
  if (prefix == nullptr) {
    words.push_back("--no-telemetry");
  } else {
    words.push_back(absl::StrCat("--file-prefix=", prefix->name()));
  }
  const size_t without_pci = words.size();
  for (const std::string& port : ports)
    if (kind_of(port) == PortKind::pci) words.insert(words.end(), {"-a", port});
  if (words.size() == without_pci) words.push_back("--no-pci");
  switch (memory) {
    case FrameMemory::ordinary:
      words.insert(words.end(), {"--no-huge", "-m", absl::StrCat((bytes >> 20) + 1), "--no-shconf"});
      break;
    case FrameMemory::huge_pages:
      words.push_back("--in-memory");
      break;
    case FrameMemory::shared_huge_pages:
      words.push_back("--single-file-segments");
      break;  // a file for all, not for each page
  }
  return words;
}

// DPDK cannot be started twice in a process. So when somebody else has been quicker with the huge pages, the
// process starts anew, and leaves them alone. It has changed nothing on the box so far.
void start_anew_on_ordinary_memory(const absl::Status& why) {
  spdlog::warn("{}; once more, without huge pages", std::string(why.message()));
  std::ifstream file("/proc/self/cmdline");
  std::string words(std::istreambuf_iterator<char>(file), {});
  std::vector<char*> argv;
  for (size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) argv.push_back(words.data() + at);
  argv.push_back(nullptr);
  setenv(kOrdinary, "1", 1);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // DPDK's descriptors hold huge pages
  execv("/proc/self/exe", argv.data());
}

absl::Status start_dpdk(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("DPDK does not start: ", dpdk_complaint()));
}

// Of pools of frames DPDK has the kinds that were loaded as plugins, and the one that it takes may be missing.
absl::Status has_pools() {
  const std::string_view wanted = rte_mbuf_best_mempool_ops();
  for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; ++i)
    if (rte_mempool_ops_table.ops[i].name == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "DPDK has no memory pools of the kind ", absl::string_view(wanted.data(), wanted.size()),
      ": its plugin librte_mempool_ring is missing (on Debian 12 the package librte-mempool-ring23)"));
}

void listen_to_log() {
  cookie_io_functions_t log{};
  log.write = take_log;
  FILE* stream = fopencookie(nullptr, "w", log);
  setvbuf(stream, nullptr, _IOLBF, 0);
  rte_openlog_stream(stream);
}

}  // namespace

absl::StatusOr<Environment> Environment::start(const std::vector<std::string>& ports, unsigned queues) {
  listen_to_log();
  const std::map<int, unsigned> frames = frames_by_node(ports, queues);
  const uint64_t bytes = memory_for(frames);
  std::optional<FilePrefix> prefix = FilePrefix::take();
  const FrameMemory memory = best_memory(bytes, prefix.has_value());

  absl::Status status = start_dpdk(arguments(ports, prefix ? &*prefix : nullptr, memory, bytes));
  Environment environment(std::move(prefix), memory, bytes);
  if (status.ok())
    if (absl::Status pools = has_pools(); !pools.ok()) return pools;
  if (status.ok()) status = environment.make_pools(frames);
  if (!status.ok() && memory != FrameMemory::ordinary) start_anew_on_ordinary_memory(status);
  if (!status.ok()) return status;
  if (memory == FrameMemory::shared_huge_pages && rte_pdump_init() != 0)
    return absl::InternalError(absl::StrCat("pdump does not start: ", dpdk_complaint()));
  return environment;
}

absl::Status Environment::make_pools(const std::map<int, unsigned>& frames) {
  for (const auto& [node, count] : frames) {
    const std::string name = absl::StrCat("frames", node);
    rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), count, kCache, 0, kFrameBuffer, node);
    if (pool == nullptr)
      return absl::ResourceExhaustedError(absl::StrCat("no memory for ", count, " frames, ",
                                                       (count * kPerFrame >> 20) + 1,
                                                       " MiB: ", rte_strerror(rte_errno)));
    pools_[node] = pool;
  }
  return absl::OkStatus();
}

rte_mempool* Environment::pool(const std::string& port) const { return pools_.at(numa_node(port)); }

std::string Environment::report() const {
  switch (memory_) {
    case FrameMemory::ordinary:
      return absl::StrCat("no ", (bytes_ >> 20) + 1,
                          " MiB of free huge pages: slower, and a NIC cannot be a DPDK port");
    case FrameMemory::huge_pages:
      return "no hugetlbfs is mounted for the huge pages: dpdk-dumpcap cannot watch";
    case FrameMemory::shared_huge_pages:
      break;
  }
  return absl::StrCat("to watch: ", FilePrefix::where(), "dpdk-dumpcap --file-prefix=", prefix_->name(),
                      " -i PORT (-D lists the ports)");
}

void Environment::forget_dead_watchers() {
  if (memory_ == FrameMemory::shared_huge_pages) watchers_.forget_the_dead(*prefix_);
}

void number_thread(unsigned worker) { RTE_PER_LCORE(_lcore_id) = RTE_MAX_LCORE - 1 - worker; }

std::string dpdk_complaint() {
  const std::lock_guard lock(complaint_mutex);
  return std::exchange(first_complaint, "");
}

}  // namespace relaysieve
