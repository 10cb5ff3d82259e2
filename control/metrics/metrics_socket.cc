// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

// `where` is ADDR:PORT, as the settings have checked.
absl::StatusOr<int> listener(const std::string& where) {
  const size_t colon = where.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(address_of(where.substr(0, colon)).value_or(INADDR_LOOPBACK).ip4());
  address.sin_port = htons(number_of<uint16_t>(std::string_view(where).substr(colon + 1)).value_or(0));

  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int again = 1;  // at once after a restart
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(descriptor, SOMAXCONN) == 0)
    return descriptor;
  const int error = errno;
  close(descriptor);
  return absl::InvalidArgumentError(
      absl::StrCat("metrics: cannot listen on ", where, ": ", std::strerror(error)));
}

HttpReply answer(const HttpRequest& request, const std::function<std::string()>& metrics) {
  if (request.path != "/metrics")
    return {.code = 404, .content = "only /metrics is here\n", .type = "text/plain"};
  if (request.method != "GET")
    return {.code = 405, .content = "only GET is allowed here\n", .type = "text/plain", .allow = "GET"};
  return {.content = metrics(), .type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsSocket>> MetricsSocket::listen(const Settings& settings) {
  std::unique_ptr<MetricsSocket> metrics(new MetricsSocket(-1));
  if (settings.metrics == "off") return metrics;
  const absl::StatusOr<int> descriptor = listener(settings.metrics);
  if (descriptor.ok()) {
    metrics->descriptor_ = *descriptor;
  } else if (settings.from.contains("metrics")) {
    return descriptor.status();
  } else {
    spdlog::warn("{}; none are served", std::string(descriptor.status().message()));
  }
  return metrics;
}

absl::Status MetricsSocket::serve(std::function<std::string()> metrics) {
  if (descriptor_ < 0) return absl::OkStatus();
  auto server = HttpServer::start(
      std::exchange(descriptor_, -1),
      [metrics = std::move(metrics)](const HttpRequest& request) { return answer(request, metrics); });
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

MetricsSocket::~MetricsSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace relaysieve
