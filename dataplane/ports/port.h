// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ports/driver_choice.h"
#include "relaysieve/time.h"

struct rte_mbuf;
struct rte_mempool;

namespace relaysieve {

class Interface;

// Frames that came in together.
struct Burst {
  static constexpr uint16_t kSize = 32;
  using Mask = uint32_t;  // of the frames of a burst
  static_assert(kSize <= 32);

  uint16_t size = 0;
  bool timed = false;  // the frames' times are known; else they came just now
  std::array<rte_mbuf*, kSize> frames{};
  std::array<Time, kSize> times{};
};

// One worker's end of a port. Frames are DPDK's mbufs, from the destination MAC on, without the FCS.
class Queue {
 public:
  Queue() = default;
  virtual ~Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Fills the burst with what has come in, oldest first, and with its times if the frames carry them: `timed`. The
  // frames are the caller's.
  virtual void receive(Burst& burst) = 0;
  // Sends frames in order and frees those that went: the first so many of them, which is what it returns. The
  // others stay the caller's, who may try again or give up.
  virtual uint16_t transmit(rte_mbuf** frames, uint16_t count) = 0;
  // What poll(2) can wait on for frames; -1 = there is no such thing, the queue has to be asked.
  virtual int descriptor() const { return -1; }
  // Must be asked without a pause, or frames are lost.
  virtual bool spins() const { return false; }
};

// One end of a wire: as many queues as there are workers. All frames of one flow come by one queue.
class Port {
 public:
  struct Start {
    uint32_t mark = 0;    // SO_MARK of what is sent through the kernel
    unsigned queues = 1;  // each with its own worker
  };

  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // From here on it takes frames in. Once only.
  virtual absl::Status start(const Start& how) = 0;
  virtual Queue& queue(unsigned worker) = 0;

  // Any thread's:

  const std::string& name() const { return name_; }  // as the user gave it
  virtual std::string_view driver() const = 0;
  virtual bool exists() const { return true; }  // false: it has gone away for good
  virtual bool link() const = 0;
  virtual Interface* interface() { return nullptr; }  // the kernel's, where the port is one
  // What opening it changed on the box, as parts of a sentence.
  virtual std::vector<std::string> changes() const { return {}; }
  // What has been changed on the box since, so that frames are lost; "" = nothing. A sentence without the port's name.
  virtual std::string trouble() const { return ""; }
  virtual uint64_t missed() = 0;                     // frames that came and were lost before receive()
  virtual uint64_t unfinished() const { return 0; }  // frames with a checksum that nobody has finished

 protected:
  explicit Port(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

// What a user calls a port: the name of a kernel interface, a PCI address, or "vdev:" and DPDK's arguments.
enum class PortKind : uint8_t { interface, pci, vdev };
inline constexpr std::string_view kVdev = "vdev:";
PortKind kind_of(const std::string& port);

// Opens a port, which is deaf and has changed nothing on the box until it is started. Errors, here and there,
// are sentences that do not name the port.
// `driver` is for kernel interfaces, `queues` how many workers there will be; why AF_XDP was not chosen is logged.
absl::StatusOr<std::unique_ptr<Port>> open_port(const std::string& name, rte_mempool* pool, Driver driver,
                                                unsigned queues);

// The doors behind that; their errors do not name the port.
absl::StatusOr<std::unique_ptr<Port>> open_packet_port(const std::string& name, rte_mempool* pool);
absl::StatusOr<std::unique_ptr<Port>> open_xdp_port(const std::string& name, unsigned queues,
                                                    rte_mempool* pool);
absl::StatusOr<std::unique_ptr<Port>> open_ethdev_port(const std::string& name, rte_mempool* pool);
// A DPDK port that exists already, for instance one made of rings.
std::unique_ptr<Port> adopt_ethdev_port(const std::string& name, uint16_t id, rte_mempool* pool);

}  // namespace relaysieve
