// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "http/http_server.h"
#include "settings/settings.h"

namespace relaysieve {

// Where Prometheus scrapes: GET /metrics, HTTP over TCP, for whoever can reach the address.
class MetricsSocket {
 public:
  // Takes the address in the settings. If it cannot be had and nobody has asked for it (it is the default, and another
  // daemon on the machine has it), that is logged, and nothing is served.
  static absl::StatusOr<std::unique_ptr<MetricsSocket>> listen(const Settings& settings);
  absl::Status serve(std::function<std::string()> metrics);
  ~MetricsSocket();
  MetricsSocket(const MetricsSocket&) = delete;
  MetricsSocket& operator=(const MetricsSocket&) = delete;

 private:
  explicit MetricsSocket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  // -1: there is none, or the server has it
  std::unique_ptr<HttpServer> server_;
};

}  // namespace relaysieve
