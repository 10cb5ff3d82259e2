// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture/plain_records.h"
#include "relaysieve/frame.h"

struct pcap;

namespace relaysieve {

// Frames as they stand in a capture, in order. `lengths[i]` is how long frame i was on the wire; a capture
// with a snapshot length holds fewer bytes than that.
struct CaptureBurst {
  std::span<const Frame> frames;
  std::span<const uint32_t> lengths;
};

// Reads a pcap or pcapng file of Ethernet frames, in constant memory. Times are nanoseconds since 1970.
class CaptureReader {
 public:
  static constexpr size_t kBurst = 64;

  // "-" is standard input. The error is a sentence that begins with the path.
  static absl::StatusOr<std::unique_ptr<CaptureReader>> open(const std::string& path);
  ~CaptureReader();
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;

  // The next frames, at most kBurst, valid until the next call. Empty: the capture is at its end or broken.
  CaptureBurst next();

  // Where and how the file broke, once next() has come to that place; else ok.
  const absl::Status& status() const { return status_; }
  uint64_t frames() const { return frames_; }            // handed out so far
  uint64_t bytes_read() const;                           // of the file; 0 where that cannot be told
  uint64_t bytes_total() const { return bytes_total_; }  // 0 for a pipe

 private:
  CaptureReader(std::string path, pcap* capture);
  size_t next_plain();
  size_t next_by_libpcap();

  std::string path_;
  pcap* capture_;
  std::optional<PlainRecords> plain_;  // until libpcap has to go on
  uint64_t bytes_total_ = 0;
  uint64_t frames_ = 0;
  absl::Status status_;
  std::vector<uint8_t> bytes_;  // of one burst by libpcap, whose own buffer holds a single frame
  std::array<Frame, kBurst> burst_;
  std::array<uint32_t, kBurst> lengths_{};
};

}  // namespace relaysieve
