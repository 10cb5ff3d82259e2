// SPDX-License-Identifier: Apache-2.0
#include "settings/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kNewFile = 0644;
constexpr uid_t kSame = static_cast<uid_t>(-1);
constexpr int kMostLinks = 40;  // as the kernel has it

absl::Status failed(const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(error)));
}

// Where a file is, or is to be, behind all links.
fs::path behind_links(fs::path path) {
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i)
    path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

// A file of its own beside another one; gone at the end, unless it has taken that one's place.
class Draft {
 public:
  explicit Draft(const fs::path& target)
      : target_(target),
        name_(target.parent_path() / absl::StrCat(".", target.filename().string(), ".XXXXXX")) {
    file_ = mkostemp(name_.data(), O_CLOEXEC);
  }
  ~Draft() {
    if (file_ >= 0) {
      close(file_);
      unlink(name_.c_str());
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  // Each says whether it has gone well; errno, why not.
  bool made() const { return file_ >= 0; }
  bool like_the_target() {
    struct stat old {};
    if (stat(target_.c_str(), &old) != 0) return errno == ENOENT && fchmod(file_, kNewFile) == 0;
    return belongs_to(old) && fchmod(file_, old.st_mode & 07777) == 0;
  }
  bool write_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<size_t>(written));
    }
    return fsync(file_) == 0;
  }
  bool take_its_place() {
    if (rename(name_.c_str(), target_.c_str()) != 0) return false;
    close(std::exchange(file_, -1));
    const int folder = open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return true;  // the name is on the disk sooner or later
    fsync(folder);
    close(folder);
    return true;
  }

 private:
  // A daemon that may replace a file, but not give one away (its own user, and root's file), makes it its own, as long as
  // whoever could read it still can.
  bool belongs_to(const struct stat& old) const {
    if (fchown(file_, old.st_uid, old.st_gid) == 0) return true;
    if (errno != EPERM) return false;
    struct stat now {};  // under the unit not even what changes nothing may be asked for
    const bool same_group =
        (fstat(file_, &now) == 0 && now.st_gid == old.st_gid) || fchown(file_, kSame, old.st_gid) == 0;
    errno = EPERM;
    return (old.st_mode & S_IROTH) != 0 || (old.st_uid == 0 && same_group);
  }

  fs::path target_;
  std::string name_;
  int file_;
};

}  // namespace

absl::StatusOr<std::string> read_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return std::string();
  if (error) return failed(path, error.value());
  if (!fs::is_regular_file(status)) return absl::UnavailableError(absl::StrCat(path, ": not a regular file"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(path, errno);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? absl::StatusOr<std::string>(failed(path, EIO)) : text;
}

absl::Status replace_file(const std::string& path, std::string_view text) {
  std::error_code error;
  const fs::path target = fs::absolute(behind_links(path), error);
  fs::create_directories(target.parent_path(), error);
  if (error) return failed(path, error.value());
  Draft draft(target);
  if (draft.made() && draft.like_the_target() && draft.write_all(text) && draft.take_its_place())
    return absl::OkStatus();
  return failed(path, errno);
}

}  // namespace relaysieve
