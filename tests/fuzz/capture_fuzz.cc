// SPDX-License-Identifier: Apache-2.0
// A capture file of any bytes: the quick way through it and libpcap alone (which a pipe leads to) read the same.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "capture/reader.h"
#include "fuzz/harness.h"

namespace relaysieve::fuzz {
namespace {

struct Record {
  Time time;
  uint32_t length;
  std::vector<uint8_t> bytes;

  friend bool operator==(const Record&, const Record&) = default;
};

struct Contents {
  std::vector<Record> records;
  std::string error;  // without the path
};

namespace planted {

// A reader that believes that every frame has an Ethernet header.
[[gnu::noinline]] void read_ethertype(const std::vector<uint8_t>& bytes) {
  volatile uint8_t last = bytes.data()[13];
  static_cast<void>(last);
}

}  // namespace planted

Contents read(int file) {
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const auto without_path = [&](const absl::Status& status) {
    const std::string text(status.message());
    must(status.ok() || text.starts_with(path + ": "), "an error begins with the path");
    return status.ok() ? "" : text.substr(path.size());
  };
  Contents contents;
  const auto reader = CaptureReader::open(path);
  if (!reader.ok()) {
    contents.error = without_path(reader.status());
    return contents;
  }
  for (CaptureBurst burst = (*reader)->next(); !burst.frames.empty(); burst = (*reader)->next()) {
    for (size_t i = 0; i < burst.frames.size(); ++i) {
      const Frame& frame = burst.frames[i];
      const uint8_t* const begin = frame.bytes.data();
      contents.records.push_back({frame.time, burst.lengths[i], {begin, begin + frame.bytes.size()}});
      if (kPlanted) planted::read_ethertype(contents.records.back().bytes);
      must(frame.number == contents.records.size(), "frames are counted");
    }
  }
  must((*reader)->next().frames.empty(), "the end stays the end");
  contents.error = without_path((*reader)->status());
  return contents;
}

// Both ends see all of it: a pipe holds 64 KiB.
Contents read_from_pipe(const uint8_t* data, size_t size) {
  int ends[2];
  must(pipe(ends) == 0 && write(ends[1], data, size) == static_cast<ssize_t>(size), "a pipe");
  close(ends[1]);
  Contents contents = read(ends[0]);
  close(ends[0]);
  return contents;
}

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve::fuzz;
  static const int file = memfd_create("capture", 0);
  if (size > 65'536) return -1;
  must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "a file");
  const Contents quick = read(file), plain = read_from_pipe(data, size);
  must(quick.records == plain.records, "the same frames");
  must(quick.error == plain.error, "the same error");
  return 0;
}
