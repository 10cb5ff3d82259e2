// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace relaysieve {

// A file that is written from its beginning, in large pieces.
class OutputFile {
 public:
  static constexpr size_t kPiece = 1 << 18;  // bytes a write; kRoom may be added
  static constexpr size_t kRoom = 1 << 19;

  // Makes or empties the file. The error is a sentence that begins with the path.
  static absl::StatusOr<std::unique_ptr<OutputFile>> open(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Where up to kRoom bytes may be put; wrote() says up to where they have been.
  uint8_t* room() {
    if (used_ >= kPiece) write_out();
    return buffer_.get() + used_;
  }
  void wrote(const uint8_t* end) { used_ = static_cast<size_t>(end - buffer_.get()); }

  // Not ok once something could not be written. What is buffered may still fail: see flush().
  absl::Status status() const;
  absl::Status flush();

 private:
  OutputFile(std::string path, int file);
  void write_out();

  std::string path_;
  int file_;
  int error_ = 0;  // errno of the first failure: from there on nothing is written
  std::unique_ptr<uint8_t[]> buffer_;
  size_t used_ = 0;
};

}  // namespace relaysieve
