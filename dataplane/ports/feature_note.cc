// SPDX-License-Identifier: Apache-2.0
#include "ports/feature_note.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace relaysieve {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "/run/relaysieve/ports";
constexpr size_t kLongest = 1024;  // bytes in a note; ours have 100 at most

std::optional<uint64_t> namespace_cookie() {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  const bool got = getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0;
  close(descriptor);
  return got ? std::optional(cookie) : std::nullopt;
}

absl::Status failed(const std::string& path) { return absl::ErrnoToStatus(errno, path); }

struct FileName {
  uint64_t cookie;
  int index;
};

std::optional<FileName> parse(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, absl::MaxSplits('-', 2));
  FileName parsed;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &parsed.cookie) ||
      !absl::SimpleAtoi(parts[1], &parsed.index))
    return std::nullopt;
  return parsed;
}

// The features in a note; nothing if there is anything else in it.
std::optional<std::vector<std::string>> read_features(int descriptor,
                                                      std::span<const std::string_view> known) {
  std::array<char, kLongest> text;
  const ssize_t size = read(descriptor, text.data(), text.size());
  if (size <= 0 || text[size - 1] != '\n') return std::nullopt;
  std::vector<std::string> features = absl::StrSplit(absl::string_view(text.data(), size - 1), '\n');
  const auto is_known = [&](const std::string& feature) {
    return std::ranges::find(known, feature) != known.end();
  };
  return std::ranges::all_of(features, is_known) ? std::optional(std::move(features)) : std::nullopt;
}

}  // namespace

FeatureNote::FeatureNote(std::string path, int descriptor, int index, std::vector<std::string> features)
    : path_(std::move(path)), descriptor_(descriptor), index_(index), features_(std::move(features)) {}

FeatureNote::~FeatureNote() {
  unlink(path_.c_str());
  close(descriptor_);
}

// It gets its name when it is complete and locked: nobody can take it for one that was left behind.
absl::StatusOr<std::unique_ptr<FeatureNote>> FeatureNote::write(int index, const std::string& name,
                                                                const std::vector<std::string>& features) {
  const std::optional<uint64_t> cookie = namespace_cookie();
  if (!cookie) return absl::UnimplementedError("the kernel has no SO_NETNS_COOKIE");
  std::error_code ignored;  // without the folder there is no file in it
  fs::create_directories(kFolder, ignored);
  std::string draft = absl::StrCat(kFolder, "/.XXXXXX");
  const int descriptor = mkostemp(draft.data(), O_CLOEXEC);
  if (descriptor < 0) return failed(kFolder);

  const std::string path = absl::StrCat(kFolder, "/", *cookie, "-", index, "-", name);
  const std::string text = absl::StrCat(absl::StrJoin(features, "\n"), "\n");
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 ||
      ::write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      rename(draft.c_str(), path.c_str()) != 0) {
    absl::Status status = failed(path);
    unlink(draft.c_str());
    close(descriptor);
    return status;
  }
  return std::unique_ptr<FeatureNote>(new FeatureNote(path, descriptor, index, features));
}

std::vector<std::unique_ptr<FeatureNote>> FeatureNote::left_behind(std::span<const std::string_view> known) {
  std::vector<std::unique_ptr<FeatureNote>> notes;
  std::vector<std::string> foreign;
  const std::optional<uint64_t> cookie = namespace_cookie();
  std::error_code ignored;  // no folder, no notes
  for (const auto& entry : fs::directory_iterator(kFolder, ignored)) {
    const std::string file = entry.path().filename();
    const std::optional<FileName> name = parse(file);
    if (file.starts_with('.') || (name && name->cookie != cookie))
      continue;  // a draft, or another namespace's
    const bool plain = name && entry.is_regular_file(ignored);
    const int descriptor = plain ? open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0) {  // its owner lives
      close(descriptor);
    } else if (auto features = read_features(descriptor, known)) {
      notes.emplace_back(new FeatureNote(entry.path(), descriptor, name->index, *std::move(features)));
    } else {
      foreign.push_back(file);
      close(descriptor);
    }
  }
  if (!foreign.empty())
    spdlog::warn("{}: not written by relaysieved, and left alone: {}", kFolder, absl::StrJoin(foreign, ", "));
  return notes;
}

}  // namespace relaysieve
