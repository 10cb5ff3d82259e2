// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "client/program.h"
#include "support/support.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

// A folder that nobody else may look into, which goes with all that is in it.
class Workshop {
 public:
  Workshop() : path_(fs::temp_directory_path() / "relaysieve-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~Workshop() {
    std::error_code none;
    if (!path_.empty()) fs::remove_all(path_, none);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const std::string& path() const { return path_; }  // empty: there is none

 private:
  std::string path_;
};

absl::Status cannot(const std::string& what) {
  return absl::UnavailableError(absl::StrCat(what, ": cannot be written: ", strerror(errno)));
}

absl::Status write_new(const std::string& file, const std::string& content) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0 && errno == EEXIST)
    return absl::InvalidArgumentError(absl::StrCat(file, ": is there already"));
  if (descriptor < 0) return cannot(file);
  size_t written = 0;
  while (written < content.size()) {
    const ssize_t size = write(descriptor, content.data() + written, content.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    written += static_cast<size_t>(size);
  }
  const bool closed = close(descriptor) == 0;
  if (written == content.size() && closed) return absl::OkStatus();
  absl::Status error = cannot(file);
  unlink(file.c_str());
  return error;
}

}  // namespace

absl::Status pack(const std::vector<Exhibit>& exhibits, const std::string& file) {
  const Workshop workshop;
  if (workshop.path().empty()) return cannot(fs::temp_directory_path().string());
  const std::string folder = "relaysieve-support";
  std::error_code none;
  fs::create_directory(fs::path(workshop.path()) / folder, none);
  for (const Exhibit& exhibit : exhibits) {
    if (!exhibit.missing.empty()) continue;
    const std::string path = absl::StrCat(workshop.path(), "/", folder, "/", exhibit.name);
    if (absl::Status status = write_new(path, exhibit.content); !status.ok()) return status;
  }
  const auto archive = output_of({"tar", "--create", "--gzip", "--sort=name", "--owner=root:0",
                                  "--group=root:0", "--directory", workshop.path(), folder});
  if (!archive.ok()) return archive.status();
  return write_new(file, *archive);
}

}  // namespace relaysieve
