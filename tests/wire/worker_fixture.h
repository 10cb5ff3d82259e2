// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <rte_ring.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/worker.h"
#include "support/clients.h"
#include "support/network.h"

namespace relaysieve::test {

inline constexpr unsigned kLong = 1024;  // places in a ring that does not fill up

// A port made of rings, and what is on its other side.
struct End {
  End(const std::string& name, unsigned room);
  ~End();

  void put(const Bytes& bytes, size_t piece = SIZE_MAX);  // comes in; in pieces of so many bytes
  std::vector<Bytes> take();                              // all that went out

  rte_ring* in;
  rte_ring* out;
  std::unique_ptr<Port> port;
};

// All that one tap has got.
struct Shown {
  Shown(Taps& taps, unsigned tap);

  std::vector<TapRecord> records;
  std::vector<Bytes> frames;
};

// Frames of so many sorts that no rule looks at.
std::vector<Bytes> others(size_t count);

Policy patient();

// The worker on a wire of such ports. After each test the laws hold, and no frame is lost in the box.
class WorkerTest : public testing::Test {
 protected:
  void open(unsigned room_to_server = kLong, unsigned room_to_routers = kLong, size_t cables = 1);
  void run() {
    while (worker->step() > 0) {
    }
  }

  Totals totals() const;
  uint64_t count(Reason reason) const { return totals().count(reason); }
  uint64_t refused_by_server() const { return totals().ports.back().refused; }

  void TearDown() override;

  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Router B = {"B", "02:00:00:30:00:03"_mac, "10.30.0.3"_ip, "10.20.0.3"_ip};
  const Router C = {"C", "02:00:00:30:00:04"_mac, "10.30.0.4"_ip, "10.20.0.4"_ip};
  const Transmission discover = udhcpc().discover();
  const Transmission request = udhcpc().request();

  std::vector<std::unique_ptr<End>> ends;  // on the routers' side
  End* routers = nullptr;                  // the first of them
  std::unique_ptr<End> server;
  Filter filter{std::make_shared<const Policy>(patient()), {.clients = 1024}};
  PolicyFeed feed{std::make_shared<const Policy>(patient())};
  Junction junction;
  std::unique_ptr<Counters> counters;
  Census census;
  Taps taps{1, 3};
  std::unique_ptr<Worker> worker;

 private:
  void expect_every_request_to_be_some_relays() const;

  unsigned before_ = 0;
};

}  // namespace relaysieve::test
