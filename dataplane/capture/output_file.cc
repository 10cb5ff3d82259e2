// SPDX-License-Identifier: Apache-2.0
#include "capture/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

// 0, or errno.
int write_all(int file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno != EINTR) return errno;
    if (wrote > 0) bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno)));
  return std::unique_ptr<OutputFile>(new OutputFile(path, file));
}

OutputFile::OutputFile(std::string path, int file)
    : path_(std::move(path)), file_(file), background_([this] {
        error_behind_ = write_all(file_, {written_.bytes.get(), written_.used});
      }) {}

OutputFile::~OutputFile() {
  flush().IgnoreError();
  close(file_);
}

void OutputFile::hand_over() {
  settle();
  std::swap(filled_, written_);
  filled_.used = 0;
  if (error_ == 0) background_.start();
}

void OutputFile::settle() {
  background_.wait();
  if (error_ == 0) error_ = error_behind_;
}

absl::Status OutputFile::status() const {
  if (error_ == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path_, ": ", std::strerror(error_)));
}

absl::Status OutputFile::flush() {
  settle();
  if (error_ == 0) error_ = write_all(file_, {filled_.bytes.get(), filled_.used});
  filled_.used = 0;
  return status();
}

}  // namespace relaysieve
