// SPDX-License-Identifier: Apache-2.0
// usage: aim SEED CLIENTS COUNT VICTIM...
// What an attacker would do who knew the seed of the hashes: for each victim's hardware address, in the frame on standard
// input, COUNT other addresses that lie in the same bucket of a table for CLIENTS. Prints a line for each victim.
#include <array>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "fingerprint.h"
#include "relaysieve/message.h"
#include "window.h"
#include "wire.h"

namespace relaysieve {
namespace {

using Address = std::array<uint8_t, 6>;

Address address_of(uint64_t number) {
  Address address;
  for (size_t i = 0; i < address.size(); ++i) address[i] = static_cast<uint8_t>(number >> 8 * (5 - i));
  return address;
}

// Where clients lie, by their hardware addresses.
class Buckets {
 public:
  Buckets(uint64_t seed, size_t clients, std::vector<uint8_t> frame)
      : fingerprint_(seed), buckets_(buckets_for(clients)), frame_(std::move(frame)) {}

  size_t of(uint64_t address) {
    const Address bytes = address_of(address);
    std::copy(bytes.begin(), bytes.end(), frame_.begin() + kChaddr);
    const Parsed parsed = parse_dhcp4(frame_);
    return bucket_of(fingerprint_.of(parsed.message.value(), 0, policy_).who, buckets_);
  }

 private:
  static constexpr size_t kChaddr = 14 + 20 + 8 + bootp::kChaddr;  // untagged, no IP options

  Fingerprint fingerprint_;
  size_t buckets_;
  std::vector<uint8_t> frame_;
  const Policy policy_{};
};

void aim(Buckets buckets, size_t count, const std::vector<uint64_t>& victims) {
  std::map<size_t, std::vector<uint64_t>> targets;
  std::mt19937_64 random{1};
  for (const uint64_t victim : victims) targets[buckets.of(victim)];
  for (const uint64_t victim : victims) {
    std::vector<uint64_t>& others = targets[buckets.of(victim)];
    while (others.size() < count) {
      const uint64_t other = random() >> 16 & ~uint64_t{0x010000000000};  // no group address
      if (const auto target = targets.find(buckets.of(other)); target != targets.end())
        target->second.push_back(other);
    }
    for (size_t i = 0; i < count; ++i, others.pop_back())
      std::printf("%012lx%c", others.back(), i + 1 < count ? ' ' : '\n');
  }
}

}  // namespace
}  // namespace relaysieve

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  std::vector<uint8_t> frame{std::istreambuf_iterator<char>(std::cin), {}};
  std::vector<uint64_t> victims;
  for (int i = 4; i < argc; ++i) victims.push_back(std::stoull(argv[i], nullptr, 16));
  relaysieve::aim({std::stoull(argv[1]), std::stoull(argv[2]), std::move(frame)}, std::stoull(argv[3]),
                  victims);
}
