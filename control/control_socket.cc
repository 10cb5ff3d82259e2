// SPDX-License-Identifier: Apache-2.0
#include "control_socket.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

constexpr mode_t kAccess = 0660;
constexpr unsigned kConnections = 16;
constexpr unsigned kPatience = 10;  // s, with a client that says nothing

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

absl::StatusOr<int> listener(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return wrong(path, absl::StrCat("longer than ", sizeof address.sun_path - 1, " characters"));
  path.copy(address.sun_path, path.size());
  if (absl::Status status = clear(path, address); !status.ok()) return status;

  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      chmod(path.c_str(), kAccess) == 0 && ::listen(descriptor, kConnections) == 0)
    return descriptor;
  absl::Status status = failed(path, "cannot listen");
  close(descriptor);
  return status;
}

MHD_Result reply(MHD_Connection* connection, unsigned code, const nlohmann::ordered_json& content) {
  std::string text = content.dump(2) + "\n";
  MHD_Response* response = MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY);
  MHD_add_response_header(response, "Content-Type", "application/json");
  const MHD_Result result = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return result;
}

MHD_Result answer(void* self, MHD_Connection* connection, const char* path, const char* method, const char*,
                  const char*, size_t*, void**) {
  const auto& control = *static_cast<const ControlSocket*>(self);
  if (std::string_view(path) != "/v1/status")
    return reply(connection, MHD_HTTP_NOT_FOUND, {{"error", absl::StrCat("no such path: ", path)}});
  if (std::string_view(method) != MHD_HTTP_METHOD_GET)
    return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, {{"error", "only GET is allowed here"}});
  return reply(connection, MHD_HTTP_OK, control.status()());
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlSocket>> ControlSocket::listen(const std::string& path) {
  const absl::StatusOr<int> descriptor = listener(path);
  if (!descriptor.ok()) return descriptor.status();
  return std::unique_ptr<ControlSocket>(new ControlSocket(path, *descriptor));
}

absl::Status ControlSocket::serve(Answer status) {
  status_ = std::move(status);
  server_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, nullptr, nullptr, answer,
                             this, MHD_OPTION_LISTEN_SOCKET, descriptor_, MHD_OPTION_CONNECTION_LIMIT,
                             kConnections, MHD_OPTION_CONNECTION_TIMEOUT, kPatience, MHD_OPTION_END);
  return server_ != nullptr ? absl::OkStatus() : absl::InternalError("control socket: no server");
}

ControlSocket::~ControlSocket() {
  if (server_ != nullptr) {
    MHD_stop_daemon(server_);  // closes the descriptor as well
  } else {
    close(descriptor_);
  }
  unlink(path_.c_str());
}

}  // namespace relaysieve
