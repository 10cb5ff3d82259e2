// SPDX-License-Identifier: Apache-2.0
#include "capture/reader.h"

#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "capture/savefile.h"

namespace relaysieve {
namespace {

constexpr size_t kFileBuffer = 1 << 18;
using savefile::kLongestFrame;
constexpr size_t kBurstBytes = 4 * kLongestFrame;

// libpcap puts nanoseconds into tv_usec when it was opened with nanosecond precision. A pcapng file can claim any
// year: beyond what pcap can hold (2106) its frames are simultaneous, so that no difference of times overflows.
Time time_of(const timeval& stamp) {
  constexpr auto kFar = std::chrono::seconds(1LL << 32);
  return std::clamp(std::chrono::seconds(stamp.tv_sec), -kFar, kFar) +
         std::chrono::nanoseconds(stamp.tv_usec);
}

absl::Status wrong(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(path == "-" ? "standard input" : path, ": ", absl::string_view(what.data(), what.size())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureReader>> CaptureReader::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return wrong(path, std::strerror(errno));
  std::setvbuf(file, nullptr, _IOFBF, kFileBuffer);
  __fsetlocking(file,
                FSETLOCKING_BYCALLER);  // nobody else reads it: libpcap's two reads a frame need no lock

  char error[PCAP_ERRBUF_SIZE] = "";
  pcap* capture = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
  if (capture == nullptr) {
    std::fclose(file);
    return wrong(path, absl::StrCat("not a capture: ", error));
  }
  std::unique_ptr<CaptureReader> reader(new CaptureReader(path, capture));
  if (const int link = pcap_datalink(capture); link != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link);
    return wrong(path, absl::StrCat("link type ", name ? name : std::to_string(link),
                                    ": only captures of Ethernet frames (EN10MB) can be read"));
  }
  return reader;
}

CaptureReader::CaptureReader(std::string path, pcap* capture)
    : path_(std::move(path)), capture_(capture), plain_(PlainRecords::of(capture)) {
  struct stat about = {};
  if (fstat(fileno(pcap_file(capture_)), &about) == 0 && S_ISREG(about.st_mode)) {
    bytes_total_ = static_cast<uint64_t>(about.st_size);
  }
}

CaptureReader::~CaptureReader() { pcap_close(capture_); }

CaptureBurst CaptureReader::next() {
  size_t count = plain_ ? next_plain() : 0;
  if (!plain_) count = next_by_libpcap();
  return {{burst_.data(), count}, {lengths_.data(), count}};
}

size_t CaptureReader::next_plain() {
  const size_t count = plain_->next(burst_, lengths_);
  for (size_t i = 0; i < count; ++i) burst_[i].number = ++frames_;
  if (count != 0) return count;
  if (fseeko(pcap_file(capture_), plain_->at(), SEEK_SET) != 0) status_ = wrong(path_, std::strerror(errno));
  plain_.reset();
  return 0;
}

size_t CaptureReader::next_by_libpcap() {
  bytes_.resize(kBurstBytes);
  size_t count = 0;
  size_t used = 0;
  while (count < kBurst && used + kLongestFrame <= bytes_.size() && status_.ok()) {
    pcap_pkthdr* header = nullptr;
    const uint8_t* bytes = nullptr;
    const int got = pcap_next_ex(capture_, &header, &bytes);
    if (got == PCAP_ERROR_BREAK) break;  // the end
    if (got != 1 || header->caplen > kLongestFrame) {
      const char* how = got == 1 ? "a frame of impossible length" : pcap_geterr(capture_);
      status_ = wrong(path_, absl::StrCat("broken at frame ", frames_ + 1, ": ", how));
      break;
    }
    uint8_t* copy = bytes_.data() + used;
    std::memcpy(copy, bytes, header->caplen);
    used += header->caplen;
    burst_[count] = {.bytes = {copy, header->caplen}, .time = time_of(header->ts), .number = ++frames_};
    lengths_[count++] = header->len;
  }
  return count;
}

uint64_t CaptureReader::bytes_read() const {
  const off_t at = plain_ ? plain_->at() : ftello(pcap_file(capture_));
  return at < 0 ? 0 : static_cast<uint64_t>(at);
}

}  // namespace relaysieve
