// SPDX-License-Identifier: Apache-2.0
// A source and its sink at the two ends of a wire, in one thread that never sleeps: sends relayed DISCOVERs at a steady
// rate, each client's once through each relay, and prints how long they were on their way, as JSON. Or a flood: of random
// clients, as many as the wire carries.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
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

// The number that n stands for among all of 64 bits (splitmix64): no two n have the same.
uint64_t scattered(uint64_t n) {
  n *= 0x9e3779b97f4a7c15;
  n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
  n = (n ^ n >> 27) * 0x94d049bb133111eb;
  return n ^ n >> 31;
}

// What stands behind the End of a DISCOVER: whose frame it is, which one, and when it left.
struct Mark {
  static constexpr uint64_t kOurs = 0x72656c6179736965;

  uint64_t whose = kOurs;
  uint64_t number = 0;
  int64_t left = 0;  // ns of the clock
};

// A DISCOVER as a relay sends it, with the addresses of tests/lab.
class Discover {
 public:
  static constexpr size_t kSize = 342;

  Discover() {
    constexpr uint8_t kHead[] = {
        2,    0, 0,  0x30, 0,   0x10, 2, 0,  0,  0x30, 0,    2,    8,  0,  // Ethernet
        0x45, 0, 1,  72,   255, 255,  0, 0,  64, 17,   0x65, 0x5e, 10, 30,
        0,    2, 10, 30,   0,   10,   0, 67, 0,  67,   1,    52,   0,  0,  // UDP
        1,    1, 6,  1};
    constexpr uint8_t kOptions[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255};
    std::memcpy(bytes_.data(), kHead, sizeof kHead);
    const uint8_t giaddr[] = {10, 20, 0, 2};
    std::memcpy(bytes_.data() + kBootp + bootp::kGiaddr, giaddr, sizeof giaddr);
    std::memcpy(bytes_.data() + kBootp + bootp::kFixedSize, kOptions, sizeof kOptions);
  }
  const std::array<uint8_t, kSize>& leaving(uint64_t client, uint32_t xid, uint8_t relay, const Mark& mark) {
    std::memcpy(bytes_.data() + kBootp + bootp::kChaddr, &client, 6);
    std::memcpy(bytes_.data() + kBootp + bootp::kXid, &xid, sizeof xid);
    for (const size_t address : {kSourceMac, kSourceIp, kBootp + bootp::kGiaddr + 3}) bytes_[address] = relay;
    bytes_[kIdentification] = static_cast<uint8_t>(1 - relay);  // the header checksum stays right
    std::memcpy(bytes_.data() + kMark, &mark, sizeof mark);
    return bytes_;
  }
  // Nothing if this is another's frame.
  static std::optional<Mark> mark_of(const uint8_t* frame, ssize_t size) {
    Mark mark;
    if (size != kSize) return std::nullopt;
    std::memcpy(&mark, frame + kMark, sizeof mark);
    return mark.whose == Mark::kOurs ? std::optional(mark) : std::nullopt;
  }

 private:
  static constexpr size_t kBootp = 14 + 20 + 8, kMark = kSize - sizeof(Mark);
  static constexpr size_t kSourceMac = 11, kSourceIp = 14 + 15, kIdentification = 14 + 5;  // their last bytes
  std::array<uint8_t, kSize> bytes_{};
};

struct Words {
  double rate = 1000;
  uint64_t frames = 1000;
  double seconds = 1e6;
  uint64_t relays = 1;
  unsigned first_relay = 2;
  uint64_t under_way = std::numeric_limits<uint64_t>::max();
  uint64_t expect = 0;
  bool random = false;
};

Duration duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

// What is sent, in order.
class Source {
 public:
  Source(int out, const Words& words, Clock::time_point begin)
      : latest(begin),
        out_(out),
        words_(words),
        begin_(begin),
        // Microseconds: no client asks twice, nor in the next run.
        first_(static_cast<uint64_t>(begin.time_since_epoch() / std::chrono::microseconds(1))) {}

  bool done(Clock::time_point now) const {
    return sent == words_.frames || now >= begin_ + duration(words_.seconds);
  }
  bool due(Clock::time_point now) const {
    return now >= begin_ + duration(static_cast<double>(sent) / words_.rate);
  }
  void send() {
    const uint64_t client = first_ + sent / words_.relays, one = scattered(client);
    const auto relay = static_cast<uint8_t>(words_.first_relay + sent % words_.relays);
    latest = Clock::now();
    const auto& frame = discover_.leaving(words_.random ? one : client,
                                          words_.random ? static_cast<uint32_t>(one >> 32 ^ one) : 0, relay,
                                          {.number = ++sent, .left = latest.time_since_epoch().count()});
    refused += ::send(out_, frame.data(), frame.size(), 0) < 0;
    if (latest >= busy_ + kBurst) {
      busy_ = latest;
      sent_before_ = sent - 1;
    }
    most_at_once = std::max(most_at_once, sent - sent_before_);
  }

  static constexpr auto kBurst = std::chrono::milliseconds(10);
  uint64_t sent = 0, refused = 0, most_at_once = 0;  // within kBurst
  Clock::time_point latest;

 private:
  const int out_;
  const Words& words_;
  const Clock::time_point begin_;
  const uint64_t first_;
  Clock::time_point busy_ = begin_;
  uint64_t sent_before_ = 0;
  Discover discover_;
};

// Ends a moment after what is expected has come, so that more of it is seen too; else after a second of silence.
void drive(int out, int in, const Words& words) {
  constexpr auto kMoment = std::chrono::milliseconds(20), kSilence = std::chrono::milliseconds(1000);
  constexpr auto kLost = std::chrono::milliseconds(100);
  Histogram ages;
  std::array<uint8_t, 2048> buffer;
  const auto begin = Clock::now();
  Source source(out, words, begin);
  uint64_t arrived = 0;  // the number of the latest that did
  auto last = begin;     // when there was anything to do
  const auto over = [&](Clock::time_point now) {
    return source.done(now) && now >= last + (ages.count() < words.expect ? kSilence : kMoment);
  };
  for (auto now = begin; !over(now); now = Clock::now()) {
    if (!source.done(now)) {
      if (now >= last + kLost) arrived = source.sent;
      if (source.sent - arrived < words.under_way) {
        last = now;
        if (source.due(now)) source.send();
      }
    }
    const ssize_t size = recv(in, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) continue;
    if (const auto mark = Discover::mark_of(buffer.data(), size)) {
      last = Clock::now();
      ages.add(last.time_since_epoch() - Clock::duration(mark->left));
      arrived = mark->number;
    }
  }
  const std::chrono::duration<double> took = source.latest - begin;
  const auto us = [&](double part) { return static_cast<double>(ages.quantile(part).count()) / 1e3; };
  std::printf(
      "{\"sent\": %lu, \"refused\": %lu, \"received\": %lu, \"seconds\": %.4f, \"most_in_10_ms\": %lu, "
      "\"p50_us\": %.1f, \"p99_us\": "
      "%.1f, \"p999_us\": %.1f}\n",
      source.sent, source.refused, ages.count(), took.count(), source.most_at_once, us(0.5), us(0.99),
      us(0.999));
}

}  // namespace
}  // namespace relaysieve::bench

int main(int argc, char** argv) {
  CLI::App app("Sends DISCOVERs into one end of a wire and times them at the other");
  std::string out, in;
  relaysieve::bench::Words words;
  int cpu = 0;
  bool anywhere = false;
  app.add_option("out", out, "NETNS/INTERFACE to send on")->required();
  app.add_option("in", in, "NETNS/INTERFACE to listen on")->required();
  app.add_option("--rate", words.rate, "frames a second");
  app.add_option("--frames", words.frames, "how many");
  app.add_option("--relays", words.relays, "copies of each request, one after the other")
      ->check(CLI::Range(1, 250));
  app.add_option("--seconds", words.seconds, "no longer than this");
  app.add_option("--first-relay", words.first_relay, "the last byte of the first one's MAC, IP and giaddr");
  app.add_option("--under-way", words.under_way,
                 "wait while so many have not arrived; what has not for 0.1 s is lost");
  app.add_flag("--random", words.random, "random chaddr and xid");
  app.add_option("--expect", words.expect, "how many come out; default: all");
  app.add_option("--cpu", cpu, "the processor to run on");
  app.add_flag("--anywhere", anywhere, "on any processor");
  CLI11_PARSE(app, argc, argv);
  if (words.expect == 0) words.expect = words.frames;
  try {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(cpu, &own);
    relaysieve::bench::must(anywhere || sched_setaffinity(0, sizeof own, &own) == 0, "cpu");
    relaysieve::bench::drive(relaysieve::bench::open_end(out), relaysieve::bench::open_end(in), words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "traffic: %s\n", error.what());
    return 1;
  }
  return 0;
}
