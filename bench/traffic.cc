// SPDX-License-Identifier: Apache-2.0
// A source and its sink at the two ends of a wire, in one thread that never sleeps: sends relayed DISCOVERs at a steady
// rate, each client's once through each relay, and prints how long they were on their way, as JSON.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include "histogram.h"
#include "wire.h"

namespace relaysieve::bench {
namespace {

using Clock = std::chrono::steady_clock;

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what + ": " + std::strerror(errno));
}

// A packet socket on an interface of a named network namespace.
int open_end(const std::string& name) {
  const size_t slash = name.find('/');
  const int here = open("/proc/self/ns/net", O_RDONLY);
  const int there = open(("/run/netns/" + name.substr(0, slash)).c_str(), O_RDONLY);
  must(here >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0, name);
  const int end = socket(AF_PACKET, SOCK_RAW, 0);
  const int one = 1, room = 64 << 20;
  setsockopt(end, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  setsockopt(end, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(name.substr(slash + 1).c_str()));
  must(end >= 0 && bind(end, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, name);
  must(setns(here, CLONE_NEWNET) == 0, "back");
  close(here);
  close(there);
  return end;
}

// A DISCOVER as a relay sends it; behind its End stand a mark and the time at which it left.
class Discover {
 public:
  static constexpr size_t kSize = 342, kMark = kSize - 16;
  static constexpr uint64_t kMarked = 0x72656c6179736965;

  Discover() {
    constexpr uint8_t kHead[] = {2,    0, 0,  0,  0,   10,  2, 0,  0,  0,  0,    2,    8,  0,  // Ethernet
                                 0x45, 0, 1,  72, 255, 255, 0, 0,  64, 17, 0x65, 0x5e, 10, 30,
                                 0,    2, 10, 30, 0,   10,  0, 67, 0,  67, 1,    52,   0,  0,  // UDP
                                 1,    1, 6,  1};
    constexpr uint8_t kOptions[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
    std::memcpy(bytes_.data(), kHead, sizeof kHead);
    const uint8_t giaddr[] = {10, 20, 0, 2};
    std::memcpy(bytes_.data() + kBootp + bootp::kGiaddr, giaddr, sizeof giaddr);
    std::memcpy(bytes_.data() + kBootp + bootp::kFixedSize, kOptions, sizeof kOptions);
    std::memcpy(bytes_.data() + kMark, &kMarked, sizeof kMarked);
  }
  const std::array<uint8_t, kSize>& leaving(uint64_t client, uint8_t relay, Clock::time_point now) {
    std::memcpy(bytes_.data() + kBootp + bootp::kChaddr, &client, 6);
    for (const size_t address : {kSourceMac, kSourceIp, kBootp + bootp::kGiaddr + 3})
      bytes_[address] = static_cast<uint8_t>(2 + relay);
    bytes_[kIdentification] = static_cast<uint8_t>(0xff - relay);  // the header checksum stays right
    std::memcpy(bytes_.data() + kMark + 8, &now, sizeof now);
    return bytes_;
  }
  // Since it left; nothing if this is another's frame.
  static std::optional<Duration> age(const uint8_t* frame, ssize_t size, Clock::time_point now) {
    uint64_t mark = 0;
    Clock::time_point left;
    if (size != kSize) return std::nullopt;
    std::memcpy(&mark, frame + kMark, sizeof mark);
    std::memcpy(&left, frame + kMark + 8, sizeof left);
    return mark == kMarked ? std::optional(now - left) : std::nullopt;
  }

 private:
  static constexpr size_t kBootp = 14 + 20 + 8;
  static constexpr size_t kSourceMac = 11, kSourceIp = 14 + 15, kIdentification = 14 + 5;  // their last bytes
  std::array<uint8_t, kSize> bytes_{};
};

struct Words {
  double rate = 1000;
  uint64_t frames = 1000;
  uint64_t relays = 1;
  uint64_t expect = 0;
};

// Ends a moment after what is expected has come, so that more of it is seen too; else after a second of silence.
void drive(int out, int in, const Words& words) {
  constexpr auto kMoment = std::chrono::milliseconds(20), kSilence = std::chrono::milliseconds(1000);
  Discover discover;
  Histogram ages;
  std::array<uint8_t, 2048> buffer;
  uint64_t sent = 0, refused = 0;
  const auto begin = Clock::now();
  // Microseconds: no client asks twice, nor in the next run.
  const auto first = static_cast<uint64_t>(begin.time_since_epoch() / std::chrono::microseconds(1));
  const auto due = [&](uint64_t n) {
    return begin + std::chrono::duration_cast<Duration>(
                       std::chrono::duration<double>(static_cast<double>(n) / words.rate));
  };
  auto sending = begin, last = begin;  // when the latest was sent; when there was anything to do
  for (auto now = begin; now < last + (ages.count() < words.expect ? kSilence : kMoment);
       now = Clock::now()) {
    if (sent < words.frames) {
      last = now;
      if (now >= due(sent)) {
        const auto relay = static_cast<uint8_t>(sent % words.relays);
        const auto& frame = discover.leaving(first + sent++ / words.relays, relay, sending = Clock::now());
        refused += send(out, frame.data(), frame.size(), 0) < 0;
      }
    }
    const ssize_t size = recv(in, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) continue;
    if (const auto age = Discover::age(buffer.data(), size, Clock::now())) {
      ages.add(*age);
      last = now;
    }
  }
  const std::chrono::duration<double> took = sending - begin;
  const auto us = [&](double part) { return static_cast<double>(ages.quantile(part).count()) / 1e3; };
  std::printf(
      "{\"sent\": %lu, \"refused\": %lu, \"received\": %lu, \"seconds\": %.4f, \"p50_us\": %.1f, \"p99_us\": "
      "%.1f, \"p999_us\": %.1f}\n",
      sent, refused, ages.count(), took.count(), us(0.5), us(0.99), us(0.999));
}

}  // namespace
}  // namespace relaysieve::bench

int main(int argc, char** argv) {
  CLI::App app("Sends DISCOVERs into one end of a wire and times them at the other");
  std::string out, in;
  relaysieve::bench::Words words;
  int cpu = 0;
  app.add_option("out", out, "NETNS/INTERFACE to send on")->required();
  app.add_option("in", in, "NETNS/INTERFACE to listen on")->required();
  app.add_option("--rate", words.rate, "frames a second");
  app.add_option("--frames", words.frames, "how many");
  app.add_option("--relays", words.relays, "copies of each request, one after the other")
      ->check(CLI::Range(1, 250));
  app.add_option("--expect", words.expect, "how many come out; default: all");
  app.add_option("--cpu", cpu, "the processor to run on");
  CLI11_PARSE(app, argc, argv);
  if (words.expect == 0) words.expect = words.frames;
  try {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(cpu, &own);
    relaysieve::bench::must(sched_setaffinity(0, sizeof own, &own) == 0, "cpu");
    relaysieve::bench::drive(relaysieve::bench::open_end(out), relaysieve::bench::open_end(in), words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "traffic: %s\n", error.what());
    return 1;
  }
  return 0;
}
