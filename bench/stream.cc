// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

#include "capture/reader.h"
#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "wire.h"

namespace relaysieve::bench {
namespace {

constexpr size_t kColdBytes = size_t{256} << 20;  // more than the caches hold

constexpr std::array kCaptures = {"storm-60", "boot-ipxe-bios", "boot-edk2", "boot-uboot", "opt82-ab-edk2"};
constexpr std::array kCaptures6 = {"v6-dhclient6", "v6-edk2-v6", "v6-dhcpd-dhcpcd6",
                                   "v6-mix-dhcrelay-dibbler"};

// The first relayed request of a type in a capture that `fits`.
template <typename Fits>
std::vector<uint8_t> request(const std::string& name, uint8_t type, Fits fits) {
  auto reader = CaptureReader::open(std::string(RELAYSIEVE_GOLDEN "/captures/") + name + ".pcap");
  if (!reader.ok()) throw std::runtime_error(std::string(reader.status().message()));
  for (auto burst = (*reader)->next(); !burst.frames.empty(); burst = (*reader)->next())
    for (const Frame& frame : burst.frames)
      if (fits(frame.bytes)) return {frame.bytes.begin(), frame.bytes.end()};
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

FrameMaker::Model FrameMaker::model4(const std::string& capture, uint8_t type) {
  const auto fits = [&](std::span<const uint8_t> frame) {
    const Parsed parsed = parse_dhcp4(frame);
    return parsed.message && parsed.message->type == type &&
           parsed.message->bootp.data() == frame.data() + kBootp;
  };
  return {.bytes = request(capture, type, fits),
          .relay = {kSourceMac + 5, kSourceIp + 3, kBootp + bootp::kGiaddr + 3},
          .client = kBootp + bootp::kChaddr + 2,
          .xid = kBootp + bootp::kXid,
          .xid_size = 4};
}

FrameMaker::Model FrameMaker::model6(const std::string& capture, uint8_t type) {
  const auto fits = [&](std::span<const uint8_t> frame) {
    const Parsed6 parsed = parse_dhcp6(frame);
    return parsed.message && parsed.message->type == type && parsed.message->relays == 1;
  };
  Model model{.bytes = request(capture, type, fits), .relay = {}, .client = 0, .xid = 0, .xid_size = 3};
  const Message6 message = *parse_dhcp6(model.bytes).message;
  const auto place_of = [&](const uint8_t* p) { return static_cast<size_t>(p - model.bytes.data()); };
  constexpr size_t kSourceIp6 = 14 + 8, kLinkAddress = 2;  // no tags
  model.relay = {kSourceMac + 5, kSourceIp6 + 15, place_of(message.relay.data()) + kLinkAddress + 15};
  model.client = place_of(message.duid.data()) + message.duid.size() - sizeof(uint32_t);
  model.xid = place_of(message.client.data()) + 1;
  return model;
}

FrameMaker::FrameMaker(Family family) {
  if (family == Family::v6)
    for (const char* name : kCaptures6) kinds_.push_back({{model6(name, 1), model6(name, 3)}});
  else
    for (const char* name : kCaptures) kinds_.push_back({{model4(name, 1), model4(name, 3)}});
  for (const Kind& kind : kinds_)
    for (const Model& frame : kind.frames) longest_ = std::max(longest_, frame.bytes.size());
}

std::span<uint8_t> FrameMaker::write(const Copy& copy, uint8_t* place) const {
  const Model& frame = kinds_[kind_of(copy)].frames[copy.pass % 2];
  std::memcpy(place, frame.bytes.data(), frame.bytes.size());
  for (const size_t at : frame.relay) place[at] = static_cast<uint8_t>(2 + copy.relay);
  std::memcpy(place + frame.client, &copy.client, sizeof copy.client);
  const uint32_t xid = (copy.client + 1) * 0x9e3779b1u + copy.pass / 2;
  std::memcpy(place + frame.xid, &xid, frame.xid_size);
  return {place, frame.bytes.size()};
}

Stream::Stream(const Mix& mix)
    : maker_(mix.family),
      schedule_(mix),
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
