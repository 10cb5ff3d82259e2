// SPDX-License-Identifier: Apache-2.0
#include "capture/writer.h"

#include <pcap/pcap.h>
#include <stdio_ext.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace relaysieve {
namespace {

constexpr size_t kFileBuffer = 1 << 18;
constexpr int kSnapshotLength = 262'144;

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureWriter>> CaptureWriter::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::setvbuf(file, nullptr, _IOFBF, kFileBuffer);
  __fsetlocking(file, FSETLOCKING_BYCALLER);  // nobody else writes to it
  pcap* capture =
      pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapshotLength, PCAP_TSTAMP_PRECISION_NANO);
  pcap_dumper* dumper = pcap_dump_fopen(capture, file);
  if (dumper == nullptr) {
    const auto error = absl::InternalError(absl::StrCat(path, ": ", pcap_geterr(capture)));
    std::fclose(file);
    pcap_close(capture);
    return error;
  }
  return std::unique_ptr<CaptureWriter>(new CaptureWriter(path, capture, dumper));
}

CaptureWriter::CaptureWriter(std::string path, pcap* capture, pcap_dumper* dumper)
    : path_(std::move(path)), capture_(capture), dumper_(dumper) {}

CaptureWriter::~CaptureWriter() {
  pcap_dump_close(dumper_);
  pcap_close(capture_);
}

void CaptureWriter::write(const Frame& frame, uint32_t length) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(frame.time);
  pcap_pkthdr header = {};
  header.ts.tv_sec = seconds.count();
  header.ts.tv_usec = (frame.time - seconds).count();  // nanoseconds: the file's precision
  header.caplen = static_cast<uint32_t>(frame.bytes.size());
  header.len = length;
  pcap_dump(reinterpret_cast<uint8_t*>(dumper_), &header, frame.bytes.data());
}

absl::Status CaptureWriter::status() const {
  if (std::ferror(pcap_dump_file(dumper_)) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path_, ": ", std::strerror(errno)));
}

absl::Status CaptureWriter::flush() {
  pcap_dump_flush(dumper_);
  return status();
}

}  // namespace relaysieve
