// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/stream.h"
#include "lookout/lookout.h"

namespace relaysieve {

// When a stream is to end by itself; 0 = not on that account.
struct Limits {
  uint64_t count = 0;  // frames
  Duration time{};     // after its beginning
};

// Writes what it sees to a stream, a piece for each frame. What the reader is too slow for is lost like what the
// workers had no room for.
class StreamViewer : public Viewer {
 public:
  StreamViewer(std::shared_ptr<Stream> stream, Describer describer, Limits limits, Time now);

  void see(const Sight& sight) final;
  bool go_on(Time now, const std::vector<uint64_t>& lost) final;
  void end(const std::vector<uint64_t>& lost, bool cut) final;

 protected:
  using Lost = std::vector<uint64_t>;  // by port

  // `lost`: how many were lost since the last piece that was written.
  virtual std::string piece_of(const Sight& sight, const Lost& lost) = 0;
  virtual void note_written(const Sight&) {}
  virtual std::string last_piece(const Lost& since_the_last, const Lost& ever) = 0;
  void write(std::string_view piece) { stream_->write(piece); }

  Describer describer_;
  std::vector<uint64_t> shown_;  // by port
  uint64_t count_ = 0;           // of all ports

 private:
  Lost unseen() const;

  const std::shared_ptr<Stream> stream_;
  const Limits limits_;
  const Time began_;
  Lost lost_by_workers_, lost_here_, told_;
};

// A JSON object a line (see Describer::line), and {"lost": 3} where some are missing.
class LineViewer : public StreamViewer {
 public:
  // `head`: the first line.
  LineViewer(std::shared_ptr<Stream> stream, Describer describer, Limits limits, Time now,
             std::string_view head)
      : StreamViewer(std::move(stream), std::move(describer), limits, now) {
    write(head);
  }

 protected:
  std::string piece_of(const Sight& sight, const Lost& lost) override;
  std::string last_piece(const Lost& since_the_last, const Lost& ever) override;

 private:
  std::optional<Time> first_;
};

// A pcapng file: the interfaces are the ports, each packet's comment says what became of it and why.
class PcapngViewer : public StreamViewer {
 public:
  PcapngViewer(std::shared_ptr<Stream> stream, Describer describer, Limits limits, Time now,
               uint32_t longest);

 protected:
  std::string piece_of(const Sight& sight, const Lost& lost) override;
  void note_written(const Sight& sight) override;
  std::string last_piece(const Lost& since_the_last, const Lost& ever) override;

 private:
  static constexpr size_t kRemembered = 65536;

  std::unordered_map<uint64_t, uint64_t> packet_of_;  // by the frame's number; of the latest
};

}  // namespace relaysieve
