// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"

struct MHD_Daemon;

namespace relaysieve {

// The daemon's side of the control socket: HTTP and JSON over a Unix socket, for the owner and its group.
//   GET /v1/status   everything countable
class ControlSocket {
 public:
  using Answer = std::function<nlohmann::ordered_json()>;

  // Takes the path, and replaces what a dead daemon left there. Who connects has to wait.
  static absl::StatusOr<std::unique_ptr<ControlSocket>> listen(const std::string& path);
  // Answers, in a thread of its own, in which `status` is called.
  absl::Status serve(Answer status);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  const Answer& status() const { return status_; }

 private:
  ControlSocket(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
  Answer status_;
  MHD_Daemon* server_ = nullptr;
};

}  // namespace relaysieve
