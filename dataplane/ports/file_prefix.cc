// SPDX-License-Identifier: Apache-2.0
#include "ports/file_prefix.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ports/huge_pages.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFirst = "relaysieve";
constexpr const char* kLock = "relaysieved.lock";
constexpr unsigned kMost = 1000;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As DPDK and its tools look for it (rte_eal_get_runtime_dir()).
fs::path runtime_directory() {
  std::string base = variable("RUNTIME_DIRECTORY");
  if (base.empty()) base = getuid() == 0 ? "/var/run" : variable("XDG_RUNTIME_DIR");
  return fs::path(base.empty() ? "/tmp" : base) / "dpdk";
}

std::string numbered(unsigned number) { return number == 1 ? kFirst : absl::StrCat(kFirst, "-", number); }

bool is_ours(const std::string& name) {
  const std::string first = kFirst;
  return name == first || name.starts_with(first + "-");
}

// -1: someone has it, or it is not ours to have.
int lock(const fs::path& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  close(descriptor);
  return -1;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) files.push_back(entry.path());
  return files;
}

void delete_file(const fs::path& file) {
  std::error_code none;
  fs::remove(file, none);
}

// DPDK locks the huge pages that a process has mapped: a daemon's in a container that shares our hugetlbfs, or
// those of a tool that has outlived its daemon.
void delete_if_unused(const fs::path& file) {
  const int held = lock(file);
  if (held < 0) return;
  delete_file(file);
  close(held);
}

template <typename Delete>
void clear(const std::string& name, Delete delete_pages) {
  for (const fs::path& file : files_in(runtime_directory() / name))
    if (file.filename() != kLock) delete_file(file);
  for (const HugePages& pages : huge_pages()) {
    if (pages.mount.empty()) continue;
    for (const fs::path& file : files_in(pages.mount))
      if (file.filename().string().starts_with(name + "map_")) delete_pages(file);
  }
}

void clear_after_the_dead() {
  for (const fs::path& folder : files_in(runtime_directory())) {
    const std::string name = folder.filename();
    const int held = is_ours(name) ? lock(folder / kLock) : -1;
    if (held < 0) continue;
    clear(name, delete_if_unused);
    close(held);
  }
}

}  // namespace

std::optional<FilePrefix> FilePrefix::take() {
  clear_after_the_dead();
  for (unsigned number = 1; number <= kMost; ++number) {
    const std::string name = numbered(number);
    const fs::path folder = runtime_directory() / name;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || access(folder.c_str(), W_OK) != 0) return std::nullopt;
    if (const int held = lock(folder / kLock); held >= 0) return FilePrefix(name, held);
  }
  return std::nullopt;
}

FilePrefix::~FilePrefix() {
  if (lock_ < 0) return;
  clear(name_, delete_file);
  close(lock_);
}

bool FilePrefix::has_company() const {
  for (const fs::path& file : files_in(runtime_directory() / name_)) {
    if (!file.filename().string().starts_with("mp_socket_")) continue;  // ours is mp_socket
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool alive = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(probe);
    if (alive) return true;
  }
  return false;
}

std::string FilePrefix::where() {
  if (const std::string given = variable("RUNTIME_DIRECTORY"); !given.empty())
    return absl::StrCat("RUNTIME_DIRECTORY=", given, " ");
  return "";
}

}  // namespace relaysieve
