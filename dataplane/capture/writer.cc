// SPDX-License-Identifier: Apache-2.0
#include "capture/writer.h"

#include <pcap/pcap.h>

#include <cstring>

#include "capture/savefile.h"

namespace relaysieve {
namespace {

static_assert(OutputFile::kRoom >= sizeof(savefile::RecordHeader) + savefile::kLongestFrame);

uint8_t* put(uint8_t* at, const void* bytes, size_t size) {
  std::memcpy(at, bytes, size);
  return at + size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureWriter>> CaptureWriter::open(const std::string& path) {
  auto file = OutputFile::open(path);
  if (!file.ok()) return file.status();
  const pcap_file_header header = {.magic = savefile::kNanoseconds,
                                   .version_major = PCAP_VERSION_MAJOR,
                                   .version_minor = PCAP_VERSION_MINOR,
                                   .thiszone = 0,
                                   .sigfigs = 0,
                                   .snaplen = savefile::kLongestFrame,
                                   .linktype = DLT_EN10MB};
  (*file)->wrote(put((*file)->room(), &header, sizeof header));
  return std::unique_ptr<CaptureWriter>(new CaptureWriter(*std::move(file)));
}

// libpcap's pcap_dump() makes two calls for each frame, and takes three times as long.
void CaptureWriter::write(const Frame& frame, uint32_t length) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(frame.time);
  const savefile::RecordHeader header = {.seconds = static_cast<uint32_t>(seconds.count()),
                                         .fraction = static_cast<uint32_t>((frame.time - seconds).count()),
                                         .captured = static_cast<uint32_t>(frame.bytes.size()),
                                         .length = length};
  uint8_t* at = put(file_->room(), &header, sizeof header);
  file_->wrote(put(at, frame.bytes.data(), frame.bytes.size()));
}

}  // namespace relaysieve
