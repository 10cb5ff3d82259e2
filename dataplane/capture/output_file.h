// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture/background.h"

namespace relaysieve {

// A file that is written from its beginning, in large pieces: one is filled while the other is written.
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
    if (filled_.used >= kPiece) hand_over();
    return filled_.bytes.get() + filled_.used;
  }
  void wrote(const uint8_t* end) { filled_.used = static_cast<size_t>(end - filled_.bytes.get()); }

  // Not ok once something could not be written. The last two pieces may still fail: see flush().
  absl::Status status() const;
  absl::Status flush();

 private:
  struct Piece {
    // Not std::make_unique, which would touch every page of it.
    std::unique_ptr<uint8_t[]> bytes{new uint8_t[kPiece + kRoom]};
    size_t used = 0;
  };

  OutputFile(std::string path, int file);
  void hand_over();
  void settle();  // nothing is being written

  std::string path_;
  int file_;
  int error_ = 0;  // errno of the first failure: from there on nothing is written
  Piece filled_;
  Piece written_;  // this and the next are the background's until it is done
  int error_behind_ = 0;
  Background background_;
};

}  // namespace relaysieve
