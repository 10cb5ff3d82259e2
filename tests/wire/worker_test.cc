// SPDX-License-Identifier: Apache-2.0
// The worker between two DPDK ports made of rings: whole bursts, a transmit side without room, frames in pieces.
#include "ports/worker.h"

#include <gtest/gtest.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ports/environment.h"
#include "support/clients.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

constexpr unsigned kLong = 1024;

rte_mempool* pool() {
  static rte_mempool* const frames = start_environment({}).value().pool;
  return frames;
}

// A port and what is on its other side.
struct End {
  End(const std::string& name, unsigned room)
      : in(rte_ring_create((name + "_in").c_str(), kLong, SOCKET_ID_ANY, RING_F_EXACT_SZ)),
        out(rte_ring_create((name + "_out").c_str(), room, SOCKET_ID_ANY, RING_F_EXACT_SZ)) {
    const int id = rte_eth_from_rings(name.c_str(), &in, 1, &out, 1, 0);
    port = adopt_ethdev_port(name, static_cast<uint16_t>(id), pool());
    EXPECT_TRUE(port->start(0).ok());
  }
  ~End() {
    port.reset();
    rte_ring_free(in);
    rte_ring_free(out);
  }

  // Comes in; in pieces of `piece` bytes.
  void put(const Bytes& bytes, size_t piece = SIZE_MAX) {
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

  // All that went out.
  std::vector<Bytes> take() {
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

  rte_ring* in;
  rte_ring* out;
  std::unique_ptr<Port> port;
};

Policy patient() {
  Policy policy;
  policy.window = std::chrono::seconds(5);  // the clock is real, and the machine may be slow
  return policy;
}

class WorkerTest : public testing::Test {
 protected:
  void open(unsigned room_to_server = kLong, unsigned room_to_routers = kLong) {
    static int serial = 0;
    const std::string name = "wire" + std::to_string(++serial);  // DPDK never forgets a name
    before_ = rte_mempool_in_use_count(pool());
    routers = std::make_unique<End>(name + "R", room_to_routers);
    server = std::make_unique<End>(name + "S", room_to_server);
    worker = std::make_unique<Worker>(*routers->port, *server->port, filter, counters);
  }

  void run() {
    while (worker->step() > 0) {
    }
  }

  uint64_t count(Reason reason) const { return counters.reasons[static_cast<size_t>(reason)].get(); }

  // The law, and no frame lost in the box.
  void TearDown() override {
    EXPECT_TRUE(counters.sums_agree());
    routers->take();
    server->take();
    EXPECT_EQ(rte_mempool_in_use_count(pool()), before_);
  }

  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router B = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Transmission discover = udhcpc().discover();
  const Transmission request = udhcpc().request();

  std::unique_ptr<End> routers;
  std::unique_ptr<End> server;
  Filter filter{std::make_shared<const Policy>(patient()), {.clients = 1024}};
  Counters counters;
  std::unique_ptr<Worker> worker;

 private:
  unsigned before_ = 0;
};

// Frames of `count` sorts that no rule looks at.
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

TEST_F(WorkerTest, KeepsTheOrderOfManyBursts) {
  open();
  const std::vector<Bytes> sent = others(500);
  for (const Bytes& frame : sent) {
    routers->put(frame);
    server->put(frame);
  }
  run();
  EXPECT_EQ(server->take(), sent);
  EXPECT_EQ(routers->take(), sent);
  EXPECT_EQ(count(Reason::not_dhcp), 500u);
  EXPECT_EQ(count(Reason::server_side), 500u);
}

TEST_F(WorkerTest, DropsSecondCopiesAmidABurst) {
  open();
  const std::vector<Bytes> sent = {others(1)[0],
                                   A.brings(discover).bytes(),
                                   B.brings(discover).bytes(),
                                   others(2)[1],
                                   B.brings(request).bytes(),
                                   A.brings(request).bytes(),
                                   A.brings(discover).bytes()};
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{sent[0], sent[1], sent[3], sent[4]}));
  EXPECT_EQ(count(Reason::second_copy), 2u);
  EXPECT_EQ(count(Reason::echo), 1u);
  EXPECT_EQ(counters.dropped(), 3u);
}

TEST_F(WorkerTest, SendsWhatThereIsRoomForAndRefusesTheRest) {
  open(/*room_to_server=*/4);
  const std::vector<Bytes> sent = others(10);
  for (const Bytes& frame : sent) routers->put(frame);
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>(sent.begin(), sent.begin() + 4));
  EXPECT_EQ(counters.server.tx_frames.get(), 4u);
  EXPECT_EQ(counters.server.refused.get(), 6u);
}

TEST_F(WorkerTest, RefusesOnTheServersSideToo) {
  open(kLong, /*room_to_routers=*/1);
  for (const Bytes& frame : others(3)) server->put(frame);
  run();
  EXPECT_EQ(routers->take().size(), 1u);
  EXPECT_EQ(counters.routers.refused.get(), 2u);
}

TEST_F(WorkerTest, AFirstCopyThatWasRefusedDoesNotHoldBackTheSecond) {
  open(/*room_to_server=*/1);
  routers->put(others(1)[0]);  // fills the room
  routers->put(A.brings(discover).bytes());
  run();
  EXPECT_EQ(counters.server.refused.get(), 1u);
  EXPECT_EQ(server->take().size(), 1u);

  routers->put(B.brings(discover).bytes());
  run();
  EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(discover).bytes()});
  routers->put(A.brings(discover).bytes());
  run();
  EXPECT_TRUE(server->take().empty());
  EXPECT_EQ(count(Reason::first_copy), 2u);
  EXPECT_EQ(count(Reason::second_copy), 1u);
}

TEST_F(WorkerTest, TwoTransmissionsOfOneClientRefusedInOneBurst) {
  open(/*room_to_server=*/1);
  routers->put(others(1)[0]);
  routers->put(A.brings(discover).bytes());
  routers->put(A.brings(request).bytes());
  run();
  EXPECT_EQ(counters.server.refused.get(), 2u);
  server->take();

  for (const Transmission& sent : {discover, request}) {
    routers->put(B.brings(sent).bytes());
    run();
    EXPECT_EQ(server->take(), std::vector<Bytes>{B.brings(sent).bytes()});
  }
}

TEST_F(WorkerTest, FramesInPiecesCrossWhole) {
  open();
  const Bytes jumbo(9014, 0x5a);
  routers->put(jumbo, 2048);
  server->put(jumbo, 2048);
  routers->put(A.brings(discover).bytes(), 64);  // no DHCP message in its first 64 bytes: in doubt, forward
  run();
  EXPECT_EQ(server->take(), (std::vector<Bytes>{jumbo, A.brings(discover).bytes()}));
  EXPECT_EQ(routers->take(), std::vector<Bytes>{jumbo});
  EXPECT_EQ(count(Reason::malformed_ip), 1u);
}

}  // namespace
}  // namespace relaysieve::test
