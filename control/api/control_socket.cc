// SPDX-License-Identifier: Apache-2.0
#include "api/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "settings/control_group.h"

namespace relaysieve {
namespace {

constexpr mode_t kAccess = 0660;
constexpr uid_t kSameOwner = static_cast<uid_t>(-1);

absl::Status wrong(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("control socket ", path, ": ", std::string(what)));
}

absl::Status failed(const std::string& path, const char* what) {
  return wrong(path, absl::StrCat(what, ": ", std::strerror(errno)));
}

// Makes room at the path, unless something lives there.
absl::Status clear(const std::string& path, const sockaddr_un& address) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return wrong(path, error.message());

  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return absl::OkStatus();
  if (!S_ISSOCK(found.st_mode)) return wrong(path, "is there already, and is not a socket");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool alive = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  if (alive) return wrong(path, "another relaysieved answers here");
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : failed(path, "cannot replace it");
}

absl::StatusOr<int> listener(const std::string& path, gid_t group) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return wrong(path, absl::StrCat("longer than ", sizeof address.sun_path - 1, " characters"));
  path.copy(address.sun_path, path.size());
  if (absl::Status status = clear(path, address); !status.ok()) return status;

  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto give_up = [&](const char* what) {
    absl::Status status = failed(path, what);
    close(descriptor);
    return status;
  };
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return give_up("cannot listen");
  // Nobody can connect so far.
  if (group != kNoGroup && chown(path.c_str(), kSameOwner, group) != 0)
    return give_up(
        "cannot be given to control_group, of which the daemon's user has to be a member (usermod -aG GROUP "
        "relaysieve, or SupplementaryGroups= in the unit)");
  if (chmod(path.c_str(), kAccess) != 0 || ::listen(descriptor, SOMAXCONN) != 0)
    return give_up("cannot listen");
  return descriptor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlSocket>> ControlSocket::listen(const Settings& settings) {
  const absl::StatusOr<gid_t> group = control_group_of(settings);
  if (!group.ok()) return group.status();
  const absl::StatusOr<int> descriptor = listener(settings.control, *group);
  if (!descriptor.ok()) return descriptor.status();
  return std::unique_ptr<ControlSocket>(new ControlSocket(settings.control, *descriptor));
}

absl::Status ControlSocket::serve(HttpServer::Handler handler) {
  auto server = HttpServer::start(std::exchange(descriptor_, -1), std::move(handler));
  if (!server.ok())
    return {server.status().code(),
            absl::StrCat("control socket ", path_, ": ", std::string(server.status().message()))};
  server_ = *std::move(server);
  return absl::OkStatus();
}

ControlSocket::~ControlSocket() {
  server_.reset();
  if (descriptor_ >= 0) close(descriptor_);
  unlink(path_.c_str());
}

}  // namespace relaysieve
