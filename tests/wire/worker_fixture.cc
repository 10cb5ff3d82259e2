// SPDX-License-Identifier: Apache-2.0
#include "wire/worker_fixture.h"

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "ports/environment.h"

namespace relaysieve::test {
namespace {

rte_mempool* pool() {
  static const auto environment = Environment::start({"vdev:net_ring_a", "vdev:net_ring_b"}, 2);
  return environment.value().pool("vdev:net_ring_a");
}

}  // namespace

End::End(const std::string& name, unsigned room)
    : in(rte_ring_create((name + "_in").c_str(), kLong, SOCKET_ID_ANY, RING_F_EXACT_SZ)),
      out(rte_ring_create((name + "_out").c_str(), room, SOCKET_ID_ANY, RING_F_EXACT_SZ)) {
  const int id = rte_eth_from_rings(name.c_str(), &in, 1, &out, 1, 0);
  port = adopt_ethdev_port(name, static_cast<uint16_t>(id), pool());
  EXPECT_TRUE(port->start({}).ok());
}

End::~End() {
  port.reset();
  rte_ring_free(in);
  rte_ring_free(out);
}

void End::put(const Bytes& bytes, size_t piece) {
  rte_mbuf* whole = nullptr;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    rte_mbuf* part = rte_pktmbuf_alloc(pool());
    const size_t size = std::min(piece, bytes.size() - at);
    std::memcpy(rte_pktmbuf_append(part, static_cast<uint16_t>(size)), bytes.data() + at, size);
    if (whole == nullptr) {
      whole = part;
    } else {
      rte_pktmbuf_chain(whole, part);
    }
    if (piece == SIZE_MAX) break;
  }
  ASSERT_EQ(rte_ring_enqueue(in, whole), 0);
}

std::vector<Bytes> End::take() {
  std::vector<Bytes> frames;
  void* element = nullptr;
  while (rte_ring_dequeue(out, &element) == 0) {
    auto* frame = static_cast<rte_mbuf*>(element);
    Bytes bytes(frame->pkt_len);
    const void* data = rte_pktmbuf_read(frame, 0, frame->pkt_len, bytes.data());
    if (data != bytes.data()) std::memcpy(bytes.data(), data, bytes.size());
    frames.push_back(std::move(bytes));
    rte_pktmbuf_free(frame);
  }
  return frames;
}

Shown::Shown(Taps& taps, unsigned tap) {
  TapRecord record;
  for (Bytes bytes; taps.take(tap, 0, record, bytes);) {
    records.push_back(record);
    frames.push_back(bytes);
  }
}

std::vector<Bytes> others(size_t count) {
  std::vector<Bytes> frames;
  for (size_t i = 0; i < count; ++i) {
    Bytes frame(60 + i % 1400, static_cast<uint8_t>(i));
    frame[12] = 0x88;
    frame[13] = 0xb5;
    frames.push_back(frame);
  }
  return frames;
}

Policy patient() {
  Policy policy;
  policy.window = std::chrono::seconds(5);  // the clock is real, and the machine may be slow
  return policy;
}

void WorkerTest::open(unsigned room_to_server, unsigned room_to_routers, size_t cables) {
  static int serial = 0;
  const std::string name = "wire" + std::to_string(++serial);  // DPDK never forgets a name
  before_ = rte_mempool_in_use_count(pool());
  Wire wire;
  for (size_t i = 0; i < cables; ++i) {
    ends.push_back(std::make_unique<End>(name + "R" + std::to_string(i), room_to_routers));
    wire.routers.push_back({&ends.back()->port->queue(0), static_cast<uint8_t>(i)});
  }
  routers = ends[0].get();
  server = std::make_unique<End>(name + "S", room_to_server);
  wire.server = {&server->port->queue(0), static_cast<uint8_t>(cables)};
  if (cables > 1) wire.junction = &junction;
  counters = std::make_unique<Counters>(cables + 1);
  worker = std::make_unique<Worker>(Worker::Place(), std::vector<Wire>{wire}, filter.share(), feed, *counters,
                                    census, taps);
}

Totals WorkerTest::totals() const {
  Totals sum;
  sum.add(*counters);
  return sum;
}

// The law of the census: of each reason for a relayed request, all relays together have as many as were counted.
void WorkerTest::expect_every_request_to_be_some_relays() const {
  const CensusTotals who(std::array<const Census*, 1>{&census});
  for (size_t i = 0; i <= static_cast<size_t>(Reason::over_capacity); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (reason == Reason::looped) continue;
    uint64_t brought = 0;
    for (const auto& relay : who.relays) brought += relay.count(reason);
    EXPECT_EQ(brought, count(reason)) << info(reason).name;
  }
}

void WorkerTest::TearDown() {
  EXPECT_TRUE(totals().sums_agree());
  expect_every_request_to_be_some_relays();
  for (const auto& end : ends) end->take();
  server->take();
  EXPECT_EQ(rte_mempool_in_use_count(pool()), before_);
}

}  // namespace relaysieve::test
