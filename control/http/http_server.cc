// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.h"

#include <microhttpd.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "settings/text.h"
#include "version.h"

namespace relaysieve {
namespace {

constexpr unsigned kConnections = 2000;
constexpr rlim_t kOtherDescriptors = kConnections + 256;  // of another server, and the daemon's own
constexpr unsigned kPatience = 10;                        // s, with a client that says nothing
constexpr size_t kConnectionMemory = 16384;               // bytes; what a connection may need for its headers
constexpr size_t kLongestBody = 64 << 10;
constexpr size_t kMostRead = 16 << 20;

const HttpReply kTooManyStreams = {.code = MHD_HTTP_SERVICE_UNAVAILABLE,
                                   .content = absl::StrCat("{\"errors\": [\"too many are watching: at most ",
                                                           StreamKeeper::kMost, " streams at once\"]}\n")};

// What has come of a body so far.
struct Upload {
  std::string body;
  size_t received = 0;

  bool take(const char* data, size_t size) {
    received += size;
    if (too_long())
      body.clear();
    else
      body.append(data, size);
    return received <= kMostRead;
  }
  bool too_long() const { return received > kLongestBody; }
};

// As many connections as this process may have descriptors for; usually it has to raise its own limit first.
unsigned connections_allowed() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = kConnections + kOtherDescriptors;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return kConnections;
  return std::max(1u, static_cast<unsigned>(limit.rlim_cur / 4));
}

// Who is at the other end of a Unix socket.
std::optional<uid_t> caller(MHD_Connection* connection) {
  const auto* socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (socket == nullptr || getsockopt(socket->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.uid == static_cast<uid_t>(-1))
    return std::nullopt;
  return peer.uid;
}

// What stands after the '?' of the path.
std::map<std::string, std::string, std::less<>> query_of(MHD_Connection* connection) {
  std::map<std::string, std::string, std::less<>> query;
  const auto note = [](void* to, MHD_ValueKind, const char* name, const char* value) {
    (*static_cast<decltype(query)*>(to))[name] = value == nullptr ? "" : value;
    return MHD_YES;
  };
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, note, &query);
  return query;
}

MHD_Response* buffered(const HttpReply& reply) {
  return MHD_create_response_from_buffer(reply.content.size(), const_cast<char*>(reply.content.data()),
                                         MHD_RESPMEM_MUST_COPY);
}

MHD_Result send(MHD_Connection* connection, StreamKeeper& streams, const HttpReply& reply) {
  MHD_Response* response =
      reply.stream ? streams.send(connection, reply.stream, reply.type == kLines) : buffered(reply);
  if (response == nullptr) return send(connection, streams, kTooManyStreams);
  MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, absl::StrCat("relaysieved/", kVersion).c_str());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.type.c_str());
  if (!reply.allow.empty()) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply.allow.c_str());
  const MHD_Result result = MHD_queue_response(connection, reply.code, response);
  MHD_destroy_response(response);
  return result;
}

// Called once with the headers, then for each piece of the body, then once more.
MHD_Result take(void* self, MHD_Connection* connection, const char* path, const char* method, const char*,
                const char* data, size_t* size, void** memory) {
  if (*memory == nullptr) {
    *memory = new Upload;
    return MHD_YES;
  }
  Upload& upload = *static_cast<Upload*>(*memory);
  HttpServer& server = *static_cast<HttpServer*>(self);
  if (*size > 0) {
    const bool goes_on = upload.take(data, *size);
    *size = 0;
    return goes_on ? MHD_YES : MHD_NO;
  }
  if (upload.too_long())
    return send(
        connection, server.streams(),
        {.code = MHD_HTTP_CONTENT_TOO_LARGE, .content = "{\"errors\": [\"a body of more than 64 KiB\"]}\n"});
  return send(
      connection, server.streams(),
      server.answer({method, path, std::move(upload.body), caller(connection), query_of(connection)}));
}

void forget(void*, MHD_Connection*, void** memory, MHD_RequestTerminationCode) {
  delete static_cast<Upload*>(*memory);
  *memory = nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::start(int listener, Handler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  server->server_ = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, take,
      server.get(), MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, connections_allowed(),
      MHD_OPTION_CONNECTION_TIMEOUT, kPatience, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
      MHD_OPTION_NOTIFY_COMPLETED, forget, nullptr, MHD_OPTION_END);
  if (server->server_ != nullptr) return server;
  close(listener);
  return absl::InternalError("no HTTP server can be started");
}

HttpServer::~HttpServer() {
  streams_.end();
  if (server_ != nullptr) MHD_stop_daemon(server_);  // closes the listener as well
}

HttpReply HttpServer::answer(const HttpRequest& request) const {
  try {
    return handler_(request);
  } catch (const std::exception& error) {  // must not reach the C code that called
    spdlog::error("{} {}: {}", request.method, in_quotes(request.path), error.what());
    return {.code = MHD_HTTP_INTERNAL_SERVER_ERROR, .content = "{\"errors\": [\"see relaysieved's log\"]}\n"};
  }
}

}  // namespace relaysieve
