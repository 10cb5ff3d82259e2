// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  absl::Status status() const;
  absl::Status flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  VerdictLines(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string line_;
};

}  // namespace relaysieve
