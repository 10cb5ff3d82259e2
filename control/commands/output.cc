// SPDX-License-Identifier: Apache-2.0
#include "commands/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/interrupt.h"

namespace relaysieve {

absl::StatusOr<Output> Output::open(const std::string& path) {
  if (path == "-") return Output("standard output", STDOUT_FILENO);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor >= 0) return Output(path, descriptor);
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno)));
}

Output::~Output() {
  if (descriptor_ > STDERR_FILENO) close(descriptor_);
}

bool Output::is_terminal() const { return isatty(descriptor_) == 1; }

bool Output::write(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
    if (written >= 0) {
      piece.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE || (errno == EINTR && interrupted())) {
      return false;
    } else if (errno != EINTR) {
      status_ = absl::InternalError(absl::StrCat(path_, ": ", std::strerror(errno)));
      return false;
    }
  }
  return true;
}

}  // namespace relaysieve
