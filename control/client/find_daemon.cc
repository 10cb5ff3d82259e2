// SPDX-License-Identifier: Apache-2.0
#include "client/find_daemon.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

// Whether somebody listens, be it to others only: what a dead daemon left behind refuses.
bool alive(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answered = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const bool forbidden = !answered && errno == EACCES;
  close(probe);
  return answered || forbidden;
}

std::vector<std::string> living(const fs::path& folder) {
  std::vector<std::string> paths;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().extension() == ".sock" && alive(entry.path())) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

absl::StatusOr<std::string> find_daemon(const std::string& given, const std::string& standard) {
  if (!given.empty()) return given;
  if (alive(standard)) return standard;
  const std::vector<std::string> found = living(fs::path(standard).parent_path());
  if (found.empty()) return standard;
  if (found.size() == 1) return found.front();
  return absl::InvalidArgumentError(
      absl::StrCat("several daemons run; which one is meant? --control ", absl::StrJoin(found, ", or ")));
}

std::string control_given(const Settings& settings) {
  return settings.from.contains("control") ? settings.control : "";
}

}  // namespace relaysieve
