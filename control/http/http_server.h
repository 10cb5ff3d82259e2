// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "http/stream.h"
#include "http/stream_keeper.h"

struct MHD_Daemon;

namespace relaysieve {

struct HttpRequest {
  std::string_view method;
  std::string_view path;
  std::string body;
  std::optional<uid_t> uid;  // who asks, if through a Unix socket
  std::map<std::string, std::string, std::less<>> query =
      {};  // "?client=..&count=3"; of a name given twice the last
};

struct HttpReply {
  unsigned code = 200;
  std::string content;
  std::string type = "application/json";
  std::string allow = {};  // the methods that are, of a 405
  // Instead of content: what comes from now on. Where type is kLines it is JSON, an object a line, and the server puts
  // an empty line in every 5 s: all is alive.
  std::shared_ptr<Stream> stream = {};
};

inline constexpr std::string_view kLines = "application/x-ndjson";

// HTTP on a listening socket, in one thread of its own. Who says nothing for 10 s is cut off, whatever has been said
// by then; of 2,000 callers at once none waits for a slow one. A body is at most 64 KiB; a longer one is read, thrown
// away and answered with 413, and beyond 16 MiB not even read. Streams last as long as both ends like, and however
// slowly they are read; there are 32 at most, who wants one more gets a 503. At the server's end they are cut off.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // The listener is the server's from here on.
  static absl::StatusOr<std::unique_ptr<HttpServer>> start(int listener, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  HttpReply answer(const HttpRequest& request) const;
  StreamKeeper& streams() { return streams_; }

 private:
  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {}

  Handler handler_;
  StreamKeeper streams_;
  MHD_Daemon* server_ = nullptr;
};

}  // namespace relaysieve
