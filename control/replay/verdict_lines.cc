// SPDX-License-Identifier: Apache-2.0
#include "replay/verdict_lines.h"

#include <stdio_ext.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr size_t kFileBuffer = 1 << 18;

}  // namespace

absl::StatusOr<std::unique_ptr<VerdictLines>> VerdictLines::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::setvbuf(file, nullptr, _IOFBF, kFileBuffer);
  __fsetlocking(file, FSETLOCKING_BYCALLER);  // nobody else writes to it
  return std::unique_ptr<VerdictLines>(new VerdictLines(path, file));
}

// Millions of lines are written, and every word in them is our own: no JSON library is needed to quote them.
void VerdictLines::write(const Frame& frame, const Verdict& verdict) {
  line_.clear();
  absl::StrAppend(&line_, "{\"frame\": ", frame.number, ", \"verdict\": \"",
                  verdict.dropped() ? "drop" : "forward", "\", \"reason\": \"");
  absl::StrAppend(&line_, view(info(verdict.reason).name));
  if (verdict.has_first) {
    const auto lag = std::chrono::duration_cast<std::chrono::microseconds>(verdict.lag);
    absl::StrAppend(&line_, "\", \"first_frame\": ", verdict.first_number, ", \"lag_us\": ", lag.count(),
                    "}\n");
  } else {
    line_ += "\"}\n";
  }
  std::fwrite(line_.data(), 1, line_.size(), file_.get());
}

absl::Status VerdictLines::status() const {
  if (std::ferror(file_.get()) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path_, ": ", std::strerror(errno)));
}

absl::Status VerdictLines::flush() {
  std::fflush(file_.get());
  return status();
}

}  // namespace relaysieve
