// SPDX-License-Identifier: Apache-2.0
#include "client/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<char, 16384> piece;
  ssize_t size = 0;
  while ((size = read(descriptor, piece.data(), piece.size())) > 0 || (size < 0 && errno == EINTR))
    if (size > 0) text.append(piece.data(), static_cast<size_t>(size));
  close(descriptor);
  return text;
}

}  // namespace

absl::StatusOr<std::string> output_of(const std::vector<std::string>& words) {
  int out[2];
  int errors[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
    return absl::ErrnoToStatus(errno, "no pipe");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(out[1]);
  close(errors[1]);
  std::string said;
  std::thread listener([&] { said = read_to_end(errors[0]); });
  std::string text = read_to_end(out[0]);
  listener.join();
  if (error != 0) return absl::NotFoundError(absl::StrCat(words[0], ": ", strerror(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  said.resize(std::min(said.find('\n'), said.size()));
  return absl::UnavailableError(absl::StrCat(words[0], ": ", said.empty() ? "it failed" : said));
}

}  // namespace relaysieve
