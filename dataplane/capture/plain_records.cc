// SPDX-License-Identifier: Apache-2.0
#include "capture/plain_records.h"

#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "capture/savefile.h"

namespace relaysieve {
namespace {

// Stays in the second level cache, so that a frame comes from memory once; room for the longest record and as much again.
constexpr size_t kBlock = 2 * savefile::kLongestFrame;

}  // namespace

struct PlainRecords::Record {
  Time time;
  uint32_t captured, length;
};

std::optional<PlainRecords> PlainRecords::of(pcap* capture) {
  std::FILE* file = pcap_file(capture);
  struct stat about = {};
  if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  if (pcap_major_version(capture) != 2 || pcap_minor_version(capture) != 4)
    return {};  // lengths may be swapped

  const off_t at = ftello(file);
  uint32_t magic = 0;
  if (pread(fileno(file), &magic, sizeof magic, at - static_cast<off_t>(sizeof(pcap_file_header))) !=
      sizeof magic)
    return {};
  const bool swapped = pcap_is_swapped(capture) != 0;
  if (swapped) magic = __builtin_bswap32(magic);
  if (magic != savefile::kMicroseconds && magic != savefile::kNanoseconds)
    return {};  // Kuznetzov's records are longer
  const auto longest =
      std::min<uint32_t>(static_cast<uint32_t>(pcap_snapshot(capture)), savefile::kLongestFrame);
  return PlainRecords(
      fileno(file), at,
      {.swapped = swapped, .nanoseconds = magic == savefile::kNanoseconds ? 1U : 1000U, .longest = longest});
}

PlainRecords::PlainRecords(int file, off_t at, Format format)
    : file_(file), block_at_(at), format_(format), block_(kBlock) {}

size_t PlainRecords::next(std::span<Frame> frames, std::span<uint32_t> lengths) {
  size_t count = take(frames, lengths);
  while (count == 0 && refill()) count = take(frames, lengths);
  return count;
}

PlainRecords::Record PlainRecords::record_at(size_t place) const {
  savefile::RecordHeader header;
  std::memcpy(&header, block_.data() + place, sizeof header);
  if (!format_.swapped) {  // libpcap reads its own byte order as signed, the other one as unsigned
    return {.time = time_of(static_cast<int32_t>(header.seconds), static_cast<int32_t>(header.fraction)),
            .captured = header.captured,
            .length = header.length};
  }
  return {.time = time_of(__builtin_bswap32(header.seconds), __builtin_bswap32(header.fraction)),
          .captured = __builtin_bswap32(header.captured),
          .length = __builtin_bswap32(header.length)};
}

// The records that lie in the block as a whole.
size_t PlainRecords::take(std::span<Frame> frames, std::span<uint32_t> lengths) {
  size_t count = 0;
  while (count < frames.size() && end_ - begin_ >= sizeof(savefile::RecordHeader)) {
    const Record record = record_at(begin_);
    if (record.captured > format_.longest || end_ - begin_ - sizeof(savefile::RecordHeader) < record.captured)
      break;
    frames[count] = {.bytes = {block_.data() + begin_ + sizeof(savefile::RecordHeader), record.captured},
                     .time = record.time};
    lengths[count++] = record.length;
    begin_ += sizeof(savefile::RecordHeader) + record.captured;
  }
  return count;
}

// False: the file has no more, for now or for ever, or it cannot be read.
bool PlainRecords::refill() {
  std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
  block_at_ += static_cast<off_t>(begin_);
  end_ -= begin_;
  begin_ = 0;
  const ssize_t got =
      pread(file_, block_.data() + end_, block_.size() - end_, block_at_ + static_cast<off_t>(end_));
  if (got <= 0) return false;
  end_ += static_cast<size_t>(got);
  return true;
}

}  // namespace relaysieve
