// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relaysieve/family.h"
#include "relaysieve/frame.h"
#include "slab.h"

namespace relaysieve::bench {

inline constexpr size_t kBurst = 32;
inline constexpr size_t kBatch = 1024;  // frames that are made together, and then timed together
inline constexpr size_t kMaxRelays = 4;

// Where a batch's frames are when they are timed.
enum class Frames {
  warm,  // just written: in the core's own cache
  cold,  // written 256 MB of other frames ago
};

// What a benchmark is asked for: how many clients ask, and through how many relays each of their requests comes.
struct Mix {
  size_t clients = 0;  // a power of two
  size_t relays = 2;   // 1, 2, 4: 0 %, 50 %, 75 % of the frames are copies
  Frames frames = Frames::warm;
  Family family = Family::v4;

  double copies() const { return 1.0 - 1.0 / static_cast<double>(relays); }
};

// One copy in the stream: the client's how manieth request, through which relay.
struct Copy {
  uint32_t client = 0;
  uint32_t pass = 0;
  uint32_t relay = 0;
};

// The order of copies. All clients ask once in 6 s of the stream's clock, in an order without locality: a DISCOVER,
// six seconds later the REQUEST, then the next boot's DISCOVER with another xid. Each further relay brings its copy some
// frames behind the one before, at most 2,048 transmissions: at 100 Gbit/s as far apart as copies were in the lab (135 us).
class Schedule {
 public:
  explicit Schedule(const Mix& mix);
  Copy next();
  Time now() const { return now_; }

 private:
  uint32_t client_of(uint64_t transmission) const;

  size_t clients_, relays_;
  unsigned bits_;
  uint64_t lag_;
  uint64_t turn_ = 0;  // counts transmissions
  uint32_t relay_ = 0;
  Time now_ = std::chrono::seconds(1000), step_;
};

// Requests of real captures, as several kinds of client sent them, with client, xid and relay written in.
class FrameMaker {
 public:
  explicit FrameMaker(Family family = Family::v4);  // throws std::runtime_error

  size_t longest() const { return longest_; }
  // Writes a copy's whole frame; its bytes.
  std::span<uint8_t> write(const Copy& copy, uint8_t* place) const;
  size_t kind_of(const Copy& copy) const { return copy.client % kinds_.size(); }
  size_t kinds() const { return kinds_.size(); }

  // Places in all these frames of DHCPv4: no VLAN tag, no IP options.
  static constexpr size_t kSourceMac = 6, kSourceIp = 26, kBootp = 42;

 private:
  // A request, and where in it the numbers stand that are written in.
  struct Model {
    std::vector<uint8_t> bytes;
    std::array<size_t, 3> relay;  // the last byte of its MAC, IP and giaddr or link-address
    size_t client, xid, xid_size;
  };
  struct Kind {
    std::array<Model, 2> frames;  // DISCOVER and REQUEST; SOLICIT and REQUEST
  };

  static Model model4(const std::string& capture, uint8_t type);
  static Model model6(const std::string& capture, uint8_t type);

  std::vector<Kind> kinds_;
  size_t longest_ = 0;
};

// Frames that are ready to be judged, in bursts.
struct Batch {
  std::array<Copy, kBatch> copies;
  std::array<Frame, kBatch> frames;

  std::span<const Frame> burst(size_t at) const { return {&frames[at], kBurst}; }
  Time now() const { return frames.back().time; }
};

// An endless stream of batches. The making of them is not to be timed.
class Stream {
 public:
  explicit Stream(const Mix& mix);

  const FrameMaker& maker() const { return maker_; }
  const Batch& next();  // valid until the next call
  // How often next() has to be called until every client has asked at least so often.
  size_t batches(size_t passes) const;

 private:
  void write(size_t batch);

  FrameMaker maker_;
  Schedule schedule_;
  Mix mix_;
  size_t room_;              // bytes for a frame: whole cache lines
  std::vector<Batch> ring_;  // one batch, if frames are to be warm
  Slab<uint8_t> bytes_;
  size_t next_ = 0;
  uint64_t number_ = 0;
  Batch batch_;
};

}  // namespace relaysieve::bench
