// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "relaysieve/frame.h"

struct pcap;

namespace relaysieve {

// The quick way through a classic pcap file: blocks of it, and the frames in them where they lie. libpcap reads
// each record with two calls and a copy, which costs more than judging it. Only records that are whole and within
// the file's snapshot length are taken; whatever else there is, the end of the file included, is for libpcap to see and to say.
class PlainRecords {
 public:
  // Of a capture that libpcap has just opened. Nothing: its records are not of the plain kind, or it is a pipe.
  static std::optional<PlainRecords> of(pcap* capture);

  // Reads the next frames and how long they were on the wire; returns how many. They lie in a buffer that is valid
  // until the next call. 0: libpcap must go on from at(). Frame::number is left to the caller.
  size_t next(std::span<Frame> frames, std::span<uint32_t> lengths);
  off_t at() const { return block_at_ + static_cast<off_t>(begin_); }  // in the file: after the last frame

 private:
  struct Format {
    bool swapped;          // written by a machine of the other byte order
    uint32_t nanoseconds;  // in one unit of its time stamps' fraction
    uint32_t longest;
  };
  struct Record;

  PlainRecords(int file, off_t at, Format format);
  Time time_of(int64_t seconds, int64_t fraction) const {
    return std::chrono::seconds(seconds) + Time(fraction * format_.nanoseconds);
  }
  Record record_at(size_t place) const;
  size_t take(std::span<Frame> frames, std::span<uint32_t> lengths);
  bool refill();

  int file_;  // libpcap's
  off_t block_at_;
  Format format_;
  std::vector<uint8_t> block_;
  size_t begin_ = 0, end_ = 0;  // what is left of the block
};

}  // namespace relaysieve
