// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "http/http_server.h"
#include "settings/settings.h"

namespace relaysieve {

// Where the daemon listens for `relaysieve` and for curl: HTTP over a Unix socket, for the owner and a group.
class ControlSocket {
 public:
  // Takes the path that is set, and replaces what a dead daemon left there. Who connects has to wait.
  static absl::StatusOr<std::unique_ptr<ControlSocket>> listen(const Settings& settings);
  absl::Status serve(HttpServer::Handler handler);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  ControlSocket(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;  // -1: the server has it
  std::unique_ptr<HttpServer> server_;
};

}  // namespace relaysieve
