// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

#include "capture/reader.h"
#include "relaysieve/message.h"
#include "wire.h"

namespace relaysieve::bench {
namespace {

constexpr size_t kColdBytes = size_t{256} << 20;  // more than the caches hold

constexpr std::array kCaptures = {"storm-60", "boot-ipxe-bios", "boot-edk2", "boot-uboot", "opt82-ab-edk2"};

// The first relayed request of a type in a capture, up to its End: what is behind it is padding.
std::vector<uint8_t> request(const std::string& name, uint8_t type) {
  auto reader = CaptureReader::open(std::string(RELAYSIEVE_GOLDEN "/captures/") + name + ".pcap");
  if (!reader.ok()) throw std::runtime_error(std::string(reader.status().message()));
  for (auto burst = (*reader)->next(); !burst.frames.empty(); burst = (*reader)->next())
    for (const Frame& frame : burst.frames) {
      const Parsed parsed = parse_dhcp4(frame.bytes);
      if (!parsed.message || parsed.message->type != type) continue;
      if (parsed.message->bootp.data() != frame.bytes.data() + FrameMaker::kBootp) continue;
      return {frame.bytes.begin(), frame.bytes.end()};
    }
  throw std::runtime_error(name + ": no relayed request of type " + std::to_string(type));
}

size_t whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

Schedule::Schedule(const Mix& mix)
    : clients_(mix.clients),
      relays_(mix.relays),
      bits_(static_cast<unsigned>(std::bit_width(mix.clients)) - 1),
      lag_(std::min<uint64_t>(2048, mix.clients / 32)),
      step_(Duration(6'000'000'000) / static_cast<int64_t>(mix.clients)) {}

// A permutation of the clients: each step can be undone.
uint32_t Schedule::client_of(uint64_t transmission) const {
  uint64_t x = transmission;
  const uint64_t mask = clients_ - 1;
  for (const uint64_t odd : {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu}) {
    x = x * odd & mask;
    x ^= x >> (bits_ / 2 + 1);
  }
  return static_cast<uint32_t>(x & mask);
}

Copy Schedule::next() {
  const uint64_t transmission = turn_ + (kMaxRelays - relay_) * lag_;
  const Copy copy{client_of(transmission & (clients_ - 1)), static_cast<uint32_t>(transmission / clients_),
                  relay_};
  if (++relay_ == relays_) {
    relay_ = 0;
    ++turn_;
    now_ += step_;
  }
  return copy;
}

FrameMaker::FrameMaker() {
  for (const char* name : kCaptures) {
    kinds_.push_back({{request(name, 1), request(name, 3)}});
    for (const auto& frame : kinds_.back().frames) longest_ = std::max(longest_, frame.size());
  }
}

std::span<uint8_t> FrameMaker::write(const Copy& copy, uint8_t* place) const {
  const auto& frame = kinds_[kind_of(copy)].frames[copy.pass % 2];
  std::memcpy(place, frame.data(), frame.size());
  const auto relay = static_cast<uint8_t>(2 + copy.relay);
  place[kSourceMac + 5] = relay;
  place[kSourceIp + 3] = relay;
  place[kBootp + bootp::kGiaddr + 3] = relay;
  std::memcpy(place + kBootp + bootp::kChaddr + 2, &copy.client, sizeof copy.client);
  const uint32_t xid = (copy.client + 1) * 0x9e3779b1u + copy.pass / 2;
  std::memcpy(place + kBootp + bootp::kXid, &xid, sizeof xid);
  return {place, frame.size()};
}

Stream::Stream(const Mix& mix)
    : schedule_(mix),
      mix_(mix),
      room_(whole_lines(maker_.longest())),
      ring_(mix.frames == Frames::warm ? 1 : kColdBytes / (room_ * kBatch) + 1),
      bytes_(ring_.size() * kBatch * room_, Pages::resident) {
  for (size_t batch = 0; batch + 1 < ring_.size(); ++batch) write(batch);
}

size_t Stream::batches(size_t passes) const { return (passes * mix_.clients * mix_.relays) / kBatch + 1; }

void Stream::write(size_t batch) {
  for (size_t i = 0; i < kBatch; ++i) {
    const Copy copy = schedule_.next();
    uint8_t* place = &bytes_[(batch * kBatch + i) * room_];
    ring_[batch].copies[i] = copy;
    ring_[batch].frames[i] = {maker_.write(copy, place), schedule_.now(), ++number_, /*port=*/0};
  }
}

// In a ring of many the one just used is written anew; so the next one has been lying there longest.
const Batch& Stream::next() {
  write((next_ + ring_.size() - 1) % ring_.size());
  batch_ = ring_[next_];
  next_ = (next_ + 1) % ring_.size();
  return batch_;
}

}  // namespace relaysieve::bench
