// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "capture/reader.h"
#include "relaysieve/message.h"
#include "wire.h"

namespace relaysieve::bench {

std::string golden_capture() { return RELAYSIEVE_GOLDEN "/captures/storm-60.pcap"; }

Schedule::Schedule(Mix mix)
    : mix_(mix),
      lag_(std::min<size_t>(256, mix.clients / 8)),
      step_(Duration(1'200'000'000) / static_cast<int64_t>(mix.clients)) {}

Copy Schedule::next() {
  // An odd factor permutes the clients of a power of two.
  const uint64_t transmission = turn_ + lag_ * kMaxRelays - relay_ * lag_;
  const Copy copy{static_cast<uint32_t>(transmission * 2'654'435'761u & (mix_.clients - 1)), relay_};
  if (++relay_ == mix_.relays) {
    relay_ = 0;
    ++turn_;
    now_ += step_;
  }
  return copy;
}

FrameMaker::FrameMaker(const std::string& path) {
  auto reader = CaptureReader::open(path);
  if (!reader.ok()) throw std::runtime_error(std::string(reader.status().message()));
  // The first DISCOVER, and the header of its copy through the other relay.
  for (auto burst = (*reader)->next(); !burst.frames.empty() && templates_[0].empty();
       burst = (*reader)->next())
    for (const Frame& frame : burst.frames) {
      const Parsed parsed = parse_dhcp4(frame.bytes);
      if (!parsed.message || parsed.message->type != 1) continue;
      bootp_ = static_cast<size_t>(parsed.message->bootp.data() - frame.bytes.data());
      for (auto& t : templates_) t.assign(frame.bytes.begin(), frame.bytes.end());
      break;
    }
  if (templates_[0].empty()) throw std::runtime_error(path + ": no relayed DISCOVER");
  for (size_t relay = 0; relay < kMaxRelays; ++relay) {
    auto& t = templates_[relay];
    const auto id = static_cast<uint8_t>(2 + relay);
    t[11] = id;                           // source MAC
    t[14 + 15] = id;                      // source IP
    t[bootp_ + bootp::kGiaddr + 3] = id;  // giaddr
    buffers_[relay].fill(t);
  }
}

void FrameMaker::address(uint8_t* frame, uint32_t client) const {
  std::memcpy(frame + bootp_ + bootp::kChaddr + 2, &client, sizeof client);
  const uint32_t xid = client * 0x9e3779b1u;
  std::memcpy(frame + bootp_ + bootp::kXid, &xid, sizeof xid);
}

Frame FrameMaker::warm(Copy copy, Time now) {
  auto& buffer = buffers_[copy.relay][used_[copy.relay]++ % kBuffers];
  address(buffer.data(), copy.client);
  return {.bytes = buffer, .time = now, .number = 0, .port = 0};
}

void FrameMaker::append(Copy copy, std::vector<uint8_t>& memory) const {
  const auto& t = templates_[copy.relay];
  memory.insert(memory.end(), t.begin(), t.end());
  address(memory.data() + memory.size() - t.size(), copy.client);
}

}  // namespace relaysieve::bench
