// SPDX-License-Identifier: Apache-2.0
#include "client/find_daemon.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

class FindDaemon : public testing::Test {
 protected:
  FindDaemon() {
    std::string name = fs::temp_directory_path() / "find-daemon-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~FindDaemon() override {
    for (const int socket : sockets_) close(socket);
    fs::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return folder_ / name; }

  // A socket that somebody listens on, or, once its daemon is dead, nobody does.
  std::string listen_on(const std::string& name, bool dead = false) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path(name).copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    if (dead)
      close(listener);
    else
      sockets_.push_back(listener);
    return path(name);
  }

  absl::StatusOr<std::string> find(const std::string& given = "") const {
    return find_daemon(given, path("control.sock"));
  }

 private:
  fs::path folder_;
  std::vector<int> sockets_;
};

TEST_F(FindDaemon, TheOneThatIsGivenIsMeantWhateverElseThereIs) {
  listen_on("control.sock");
  listen_on("rack.sock");
  EXPECT_EQ(*find("/elsewhere/x.sock"), "/elsewhere/x.sock");
}

TEST_F(FindDaemon, TheStandardOneComesFirst) {
  listen_on("rack.sock");
  listen_on("campus.sock");
  EXPECT_FALSE(find().ok());
  listen_on("control.sock");
  EXPECT_EQ(*find(), path("control.sock"));
}

TEST_F(FindDaemon, TheOnlyOneIsMeant) {
  EXPECT_EQ(*find(), path("control.sock"));
  listen_on("rack.sock");
  EXPECT_EQ(*find(), path("rack.sock"));
}

TEST_F(FindDaemon, WhatADeadDaemonLeftDoesNotCount) {
  listen_on("control.sock", /*dead=*/true);
  listen_on("old.sock", /*dead=*/true);
  EXPECT_EQ(*find(), path("control.sock"));
  listen_on("rack.sock");
  EXPECT_EQ(*find(), path("rack.sock"));
}

TEST_F(FindDaemon, SeveralAreNamed) {
  listen_on("rack.sock");
  listen_on("campus.sock");
  EXPECT_EQ(find().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(find().status().message(), "several daemons run; which one is meant? --control " +
                                           path("campus.sock") + ", or " + path("rack.sock"));
}

}  // namespace
}  // namespace relaysieve
