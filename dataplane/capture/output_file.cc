// SPDX-License-Identifier: Apache-2.0
#include "capture/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace relaysieve {

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno)));
  return std::unique_ptr<OutputFile>(new OutputFile(path, file));
}

// Not std::make_unique, which would touch every page of it.
OutputFile::OutputFile(std::string path, int file)
    : path_(std::move(path)), file_(file), buffer_(new uint8_t[kPiece + kRoom]) {}

OutputFile::~OutputFile() {
  write_out();
  close(file_);
}

void OutputFile::write_out() {
  const uint8_t* at = buffer_.get();
  for (const uint8_t* end = at + used_; at != end && error_ == 0;) {
    const ssize_t wrote = write(file_, at, static_cast<size_t>(end - at));
    if (wrote >= 0)
      at += wrote;
    else if (errno != EINTR)
      error_ = errno;
  }
  used_ = 0;
}

absl::Status OutputFile::status() const {
  if (error_ == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path_, ": ", std::strerror(error_)));
}

absl::Status OutputFile::flush() {
  write_out();
  return status();
}

}  // namespace relaysieve
