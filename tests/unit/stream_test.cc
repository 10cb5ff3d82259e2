// SPDX-License-Identifier: Apache-2.0
// Streams, from who writes through the HTTP server and libcurl to who reads.
#include "http/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "client/client.h"
#include "http/http_server.h"

namespace relaysieve::test {
namespace {

constexpr auto kBound = std::chrono::seconds(30);

template <typename Condition>
bool in_time(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return condition();
}

// A server whose every path is a new stream.
struct Server {
  explicit Server(size_t limit = 1 << 20) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path.c_str());
    EXPECT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener, 100), 0);
    const auto handler = [this, limit](const HttpRequest& request) {
      query = request.query;
      const auto stream = std::make_shared<Stream>(limit);
      const std::lock_guard hold(mutex);
      opened.push_back(stream);
      return HttpReply{.content = "", .type = std::string(kLines), .stream = stream};
    };
    http = HttpServer::start(listener, handler).value();
  }
  ~Server() {
    http.reset();
    unlink(path.c_str());
  }

  std::shared_ptr<Stream> stream(size_t i = 0) {
    EXPECT_TRUE(in_time([&] {
      const std::lock_guard hold(mutex);
      return opened.size() > i;
    }));
    const std::lock_guard hold(mutex);
    return opened.at(i);
  }

  // A caller who asks and reads nothing.
  int call() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    const int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(caller, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    constexpr std::string_view kAsk = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(write(caller, kAsk.data(), kAsk.size()), static_cast<ssize_t>(kAsk.size()));
    return caller;
  }

  const std::string path = "/tmp/relaysieve-stream-test." + std::to_string(getpid());
  std::mutex mutex;
  std::vector<std::shared_ptr<Stream>> opened;
  std::map<std::string, std::string, std::less<>> query;
  std::unique_ptr<HttpServer> http;
};

// follow_lines() in a thread of its own.
struct Follower {
  explicit Follower(const Server& server, const std::string& path = "/x", size_t enough = SIZE_MAX)
      : thread([this, &server, path, enough] {
          status = follow_lines(server.path, path, [&](std::string_view line) {
            const std::lock_guard hold(mutex);
            lines.emplace_back(line);
            return lines.size() < enough;
          });
          ended = true;
        }) {}
  ~Follower() {
    if (thread.joinable()) thread.join();
  }
  size_t count() {
    const std::lock_guard hold(mutex);
    return lines.size();
  }

  std::mutex mutex;
  std::vector<std::string> lines;
  absl::Status status;
  std::atomic<bool> ended = false;
  std::thread thread;
};

TEST(StreamTest, APieceIsReadAtOnce) {
  Server server;
  Follower reader(server, "/x?client=52:54:00&count=3&none");
  const auto stream = server.stream();
  for (size_t i = 1; i <= 3; ++i) {
    EXPECT_TRUE(stream->write("line " + std::to_string(i) + "\n"));
    EXPECT_TRUE(in_time([&] { return reader.count() == i; })) << "it waits for more to come";
  }
  stream->end();
  reader.thread.join();
  EXPECT_TRUE(reader.status.ok()) << reader.status;
  EXPECT_EQ(reader.lines, (std::vector<std::string>{"line 1", "line 2", "line 3"}));
  EXPECT_EQ(server.query["client"], "52:54:00");
  EXPECT_EQ(server.query["count"], "3");
  EXPECT_TRUE(server.query.contains("none"));
  EXPECT_TRUE(in_time([&] { return stream->gone(); }));
  EXPECT_FALSE(stream->write("x\n"));
  EXPECT_EQ(stream->lost(), 0u);
}

TEST(StreamTest, WhatIsWrittenIsDeliveredWhole) {
  Server server(64 << 20);
  Follower reader(server);
  const auto stream = server.stream();
  for (int i = 0; i < 200'000; ++i) ASSERT_TRUE(stream->write(std::to_string(i) + "\n"));
  stream->end();
  reader.thread.join();
  EXPECT_TRUE(reader.status.ok());
  ASSERT_EQ(reader.lines.size(), 200'000u);
  for (int i = 0; i < 200'000; ++i) ASSERT_EQ(reader.lines[i], std::to_string(i));
}

TEST(StreamTest, WhoDoesNotReadLosesPiecesAndHoldsUpNobody) {
  Server server(1 << 20);
  const int idle = server.call();
  const auto stream = server.stream(0);
  uint64_t refused = 0;
  for (int i = 0; i < 10'000; ++i) refused += !stream->write(std::string(999, 'x') + "\n");
  EXPECT_GT(refused, 5'000u);
  EXPECT_EQ(stream->lost(), refused);
  EXPECT_FALSE(stream->gone());

  Follower other(server);
  EXPECT_TRUE(server.stream(1)->write("hello\n"));
  EXPECT_TRUE(in_time([&] { return other.count() == 1; }));
  server.stream(1)->end();
  close(idle);
  EXPECT_TRUE(in_time([&] { return stream->gone(); }));
}

TEST(StreamTest, AReaderWhoHasGoneIsFoundWithoutAnythingToSay) {
  Server server;
  const int caller = server.call();
  const auto stream = server.stream();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(stream->gone());
  close(caller);
  EXPECT_TRUE(in_time([&] { return stream->gone(); }));
}

TEST(StreamTest, WhoHasSeenEnoughEndsIt) {
  Server server;
  Follower reader(server, "/x", 2);
  const auto stream = server.stream();
  stream->write("1\n2\n3\n");
  reader.thread.join();
  EXPECT_TRUE(reader.status.ok());
  EXPECT_EQ(reader.lines, (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(in_time([&] { return stream->gone(); }));
}

TEST(StreamTest, OneMoreThanThereMayBeIsRefused) {
  Server server;
  std::vector<int> callers;
  for (size_t i = 0; i < StreamKeeper::kMost; ++i) {
    callers.push_back(server.call());
    server.stream(i);
  }
  Follower refused(server);
  refused.thread.join();
  EXPECT_EQ(refused.status.message(), "too many are watching: at most 32 streams at once");
  EXPECT_TRUE(server.stream(StreamKeeper::kMost)->gone());

  close(callers[0]);
  EXPECT_TRUE(in_time([&] { return server.stream(0)->gone(); }));
  Follower reader(server);
  server.stream(StreamKeeper::kMost + 1)->write("room again\n");
  EXPECT_TRUE(in_time([&] { return reader.count() == 1; }));
  server.stream(StreamKeeper::kMost + 1)->end();
  for (size_t i = 1; i < callers.size(); ++i) close(callers[i]);
}

TEST(StreamTest, TheEndOfTheServerCutsOffAfterWhatIsWritten) {
  auto server = std::make_unique<Server>();
  Follower reader(*server), waiting(*server);
  const int idle = server->call();  // and one who reads nothing, of much
  std::vector<std::shared_ptr<Stream>> streams;
  for (size_t i = 0; i < 3; ++i) streams.push_back(server->stream(i));
  for (const auto& stream : streams)
    for (int i = 0; i < 500; ++i) stream->write(std::string(999, 'x') + "\n");
  const std::string gone = "control socket " + server->path + ": relaysieved has ended";
  server.reset();
  for (Follower* follower : {&reader, &waiting}) {
    follower->thread.join();
    EXPECT_EQ(follower->status.message(), gone);
    EXPECT_EQ(follower->lines.size(), 500u);
  }
  for (const auto& stream : streams) EXPECT_TRUE(stream->gone());
  close(idle);
}

TEST(StreamTest, TheEndOfTheServerMeetsWritersAtWork) {
  for (int round = 0; round < 20; ++round) {
    Server server;
    Follower reader(server);
    const auto stream = server.stream();
    std::thread writer([&] {
      while (!stream->gone()) stream->write("line\n");
    });
    ASSERT_TRUE(in_time([&] { return reader.count() > 10; }));
    server.http.reset();
    writer.join();
    reader.thread.join();
    EXPECT_FALSE(reader.status.ok());
  }
}

}  // namespace
}  // namespace relaysieve::test
