// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture/output_file.h"
#include "relaysieve/filter.h"

namespace relaysieve {

// Writes verdicts as JSON, one object a line, in the order of the frames:
// {"frame": 17, "verdict": "drop", "reason": "second_copy", "first_frame": 12, "lag_us": 2150}
class VerdictLines {
 public:
  // Makes or empties the file. The error is a sentence that begins with the path.
  static absl::StatusOr<std::unique_ptr<VerdictLines>> open(const std::string& path);

  void write(const Frame& frame, const Verdict& verdict);
  // Not ok once something could not be written. Buffered lines may still fail: see flush().
  absl::Status status() const { return file_->status(); }
  absl::Status flush() { return file_->flush(); }

 private:
  explicit VerdictLines(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}

  std::unique_ptr<OutputFile> file_;
};

}  // namespace relaysieve
