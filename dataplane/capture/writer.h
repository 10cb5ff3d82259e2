// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture/output_file.h"
#include "relaysieve/frame.h"

namespace relaysieve {

// Writes a pcap file of Ethernet frames with nanosecond times, so that a frame's time is kept exactly.
class CaptureWriter {
 public:
  // Makes or empties the file. The error is a sentence that begins with the path.
  static absl::StatusOr<std::unique_ptr<CaptureWriter>> open(const std::string& path);

  // `length`: how long the frame was on the wire.
  void write(const Frame& frame, uint32_t length);

  // Not ok once something could not be written. Buffered frames may still fail: see flush().
  absl::Status status() const { return file_->status(); }
  absl::Status flush() { return file_->flush(); }

 private:
  explicit CaptureWriter(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}

  std::unique_ptr<OutputFile> file_;
};

}  // namespace relaysieve
