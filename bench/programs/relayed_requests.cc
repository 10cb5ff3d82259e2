// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD into dpdk-testpmd and relaysieved alike: what the port net_null_requests receives becomes relayed
// requests, written by a callback on its receive queues as a NIC would write them. Of the environment:
//   RELAYED_REQUESTS_FRAME    a file that holds one untagged frame without IP options: what each client's is made of
//   RELAYED_REQUESTS_CLIENTS  how many clients take turns; a power of two
// A client always asks for the same, with an xid of its own: beyond the echo window that is a retransmission.
#include <dlfcn.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire.h"

namespace relaysieve::bench {
namespace {

constexpr size_t kBootp = 14 + 20 + 8;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "relayed_requests: %s\n", what);
  std::exit(1);
}

std::string word(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) fail(name);
  return value;
}

// The requests of one queue; several queues share the clients out.
class Source {
 public:
  Source(uint16_t queue, uint16_t queues) : next_(queue), stride_(queues) {
    std::ifstream file(word("RELAYED_REQUESTS_FRAME"), std::ios::binary);
    frame_.assign(std::istreambuf_iterator<char>(file), {});
    clients_ = std::stoul(word("RELAYED_REQUESTS_CLIENTS"));
    if (frame_.size() < kBootp + bootp::kFixedSize) fail("the frame is no request");
    if (clients_ == 0 || (clients_ & (clients_ - 1)) != 0) fail("the clients are no power of two");
  }

  void write(rte_mbuf* into) {
    const auto client = static_cast<uint32_t>(next_ * 2'654'435'761u & (clients_ - 1));  // no locality
    const uint32_t xid = client * 0x9e3779b1u;
    next_ += stride_;
    auto* bytes = rte_pktmbuf_mtod(into, uint8_t*);
    std::memcpy(bytes, frame_.data(), frame_.size());
    std::memcpy(bytes + kBootp + bootp::kXid, &xid, sizeof xid);
    std::memcpy(bytes + kBootp + bootp::kChaddr + 2, &client, sizeof client);
    into->data_len = static_cast<uint16_t>(frame_.size());
    into->pkt_len = into->data_len;
  }

 private:
  std::vector<uint8_t> frame_;
  uint64_t clients_ = 0;
  uint64_t next_;
  uint64_t stride_;
};

uint16_t write_requests(uint16_t, uint16_t, rte_mbuf** frames, uint16_t count, uint16_t, void* source) {
  for (uint16_t i = 0; i < count; ++i) static_cast<Source*>(source)->write(frames[i]);
  return count;
}

}  // namespace
}  // namespace relaysieve::bench

extern "C" int rte_eth_dev_start(uint16_t port) {
  using namespace relaysieve::bench;
  static const auto start = reinterpret_cast<int (*)(uint16_t)>(dlsym(RTLD_NEXT, "rte_eth_dev_start"));
  char name[RTE_ETH_NAME_MAX_LEN];
  rte_eth_dev_info about;
  if (rte_eth_dev_get_name_by_port(port, name) == 0 && std::string_view(name) == "net_null_requests" &&
      rte_eth_dev_info_get(port, &about) == 0) {
    static std::vector<std::unique_ptr<Source>> sources;  // as long as the program runs
    for (uint16_t queue = 0; queue < about.nb_rx_queues; ++queue) {
      sources.push_back(std::make_unique<Source>(queue, about.nb_rx_queues));
      rte_eth_add_rx_callback(port, queue, write_requests, sources.back().get());
    }
  }
  return start(port);
}
