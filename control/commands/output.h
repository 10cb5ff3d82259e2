// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace relaysieve {

// Where a command that runs on writes to, each piece at once.
class Output {
 public:
  // Makes or empties the file; "-" = standard output. The error is a sentence that begins with the path.
  static absl::StatusOr<Output> open(const std::string& path);
  Output(Output&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  Output& operator=(Output&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Output();

  bool is_terminal() const;
  // False: Ctrl-C, or nobody reads any more (both no error), or status() says what went wrong.
  bool write(std::string_view piece);
  const absl::Status& status() const { return status_; }

 private:
  Output(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
  absl::Status status_ = absl::OkStatus();
};

}  // namespace relaysieve
