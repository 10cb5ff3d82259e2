// SPDX-License-Identifier: Apache-2.0
// A glimpse never says anything but what the parser would say, and it is enough for nearly all that is not DHCP.
#include "glimpse.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "relaysieve/message.h"
#include "relaysieve/message6.h"
#include "support/clients.h"
#include "support/guard_page.h"
#include "support/network.h"
#include "support/network6.h"

namespace relaysieve::test {
namespace {

class Glimpse : public testing::Test {
 protected:
  bool enough(const Bytes& frame) { return plainly_not_dhcp(guard_.hold(frame)); }

  // What the glimpse claims is true.
  void expect_truth(const Bytes& frame) {
    ++looked_at_;
    if (!enough(frame)) return;
    ++known_;
    const Parsed parsed = parse_dhcp4(frame);
    const Parsed6 parsed6 = parse_dhcp6(frame);
    ASSERT_FALSE(parsed.message || parsed6.message) << testing::PrintToString(frame);
    for (Reason reason : {parsed.reason, parsed6.reason})
      ASSERT_EQ(info(reason).name, info(Reason::not_dhcp).name) << testing::PrintToString(frame);
  }

  static Bytes with(Bytes frame, size_t at, std::initializer_list<uint8_t> bytes) {
    std::ranges::copy(bytes, frame.begin() + static_cast<ptrdiff_t>(at));
    return frame;
  }

  const Copy copy =
      Router{"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip}.brings(ipxe().discover());
  const Bytes request = copy.bytes();
  const Copy6 copy6 =
      Router6{"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6}.brings(solicit());
  uint64_t looked_at_ = 0, known_ = 0;
  GuardPage guard_;
};

constexpr size_t kType = 12, kIp = 14, kFragment = kIp + 6, kProtocol = kIp + 9, kUdpPort = kIp + 20 + 2;

TEST_F(Glimpse, IsEnoughForWhatMostFramesAre) {
  EXPECT_TRUE(enough(with(request, kType, {0x08, 0x06})));                       // ARP
  EXPECT_TRUE(enough(with(with(request, kProtocol, {6}), kUdpPort, {1, 187})));  // HTTPS
  EXPECT_TRUE(enough(with(request, kUdpPort, {0, 53})));
  EXPECT_TRUE(enough(with(copy.tagged({{5}}).bytes(), kUdpPort + 4, {0, 68})));
  EXPECT_TRUE(enough(with(copy.tagged({{7, 0x88a8}, {5}}).bytes(), kUdpPort + 8, {0, 69})));
  EXPECT_TRUE(enough(copy.tagged({{7, 0x88a8}, {6}, {5}}).bytes()));
  EXPECT_TRUE(enough(Bytes(60)));
  const Bytes request6 = copy6.bytes();
  EXPECT_TRUE(enough(with(request6, kIp + 6, {6})));   // TCP
  EXPECT_TRUE(enough(with(request6, kIp + 6, {58})));  // neighbour discovery
  EXPECT_TRUE(enough(copy6.but(&Copy6::destination_port, 69).bytes()));
  EXPECT_TRUE(enough(copy6.but(&Copy6::destination_port, 69).tagged({{7, 0x88a8}, {5}}).bytes()));
}

TEST_F(Glimpse, IsNotEnoughForARequestOrWhatHasAnotherReason) {
  EXPECT_FALSE(enough(request));
  EXPECT_FALSE(enough(copy.tagged({{7, 0x88a8}, {5}}).bytes()));
  EXPECT_FALSE(enough(copy.but(&Copy::ip_options, Bytes(40, 1)).bytes()));
  EXPECT_FALSE(enough(with(request, kFragment, {0, 1, 64, 17, 0, 0})));
  EXPECT_FALSE(enough(with(with(request, kFragment, {0x20, 0}), kUdpPort, {0, 53})));
  EXPECT_FALSE(enough(with(request, kIp, {0x60})));
  EXPECT_FALSE(enough(with(request, kIp + 2, {0xff, 0xff})));
  EXPECT_FALSE(enough(copy6.bytes()));
  EXPECT_FALSE(enough(copy6.tagged({{7, 0x88a8}, {5}}).bytes()));
  EXPECT_FALSE(enough(with(copy6.bytes(), kIp + 4, {0xff, 0xff})));
  EXPECT_FALSE(
      enough(copy6.but(&Copy6::extensions, std::vector<Extension>{{44, {0, 0, 1, 0, 0, 0, 1}}}).bytes()));
}

// Frames of every sort, with a few bytes of their headers changed to what means something there, or to anything;
// some cut short.
TEST_F(Glimpse, AgreesWithTheParserOnChangedFrames) {
  std::vector<Bytes> sorts = {request, copy.tagged({{5}}).bytes(), copy.tagged({{7, 0x88a8}, {5}}).bytes(),
                              copy.tagged({{7, 0x9100}, {6}, {5}}).bytes(),
                              copy.but(&Copy::ip_options, Bytes(4, 1)).bytes()};
  for (size_t i = 0, count = sorts.size(); i < count; ++i) sorts.push_back(with(sorts[i], kUdpPort, {0, 53}));
  sorts.push_back(with(request, kProtocol, {6}));
  for (const Copy6& sort : {copy6, copy6.tagged({{5}}), copy6.but(&Copy6::destination_port, 53),
                            copy6.but(&Copy6::extensions, std::vector<Extension>{{60, Bytes(7)}})})
    sorts.push_back(sort.bytes());
  for (Bytes& sort : sorts)
    sort.resize(std::min<size_t>(sort.size(), 300));  // a total length beyond the frame, too
  sorts.push_back(request);

  constexpr uint8_t kMeaning[] = {0,    1,    5,    6,    8,  0x11, 0x14, 20,   28,   29,   40,
                                  0x44, 0x45, 0x46, 0x4f, 67, 68,   0x81, 0x88, 0x91, 0xa8, 0xdd,
                                  0xff, 2,    0x23, 0x60, 43, 44,   58,   59,   0x86};
  std::mt19937_64 random(1);
  const auto below = [&](size_t n) { return random() % n; };
  for (int i = 0; i < 2'000'000; ++i) {
    Bytes frame = sorts[below(sorts.size())];
    if (below(8) == 0) frame.resize(below(70));
    for (size_t changes = below(4); changes > 0 && !frame.empty(); --changes)
      frame[below(std::min<size_t>(frame.size(), 60))] =
          below(2) == 0 ? kMeaning[below(std::size(kMeaning))] : static_cast<uint8_t>(random());
    expect_truth(frame);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(known_, looked_at_ / 5);
  EXPECT_LT(known_, looked_at_ * 4 / 5);
}

TEST_F(Glimpse, AgreesWithTheParserOnNoise) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 500'000; ++i) {
    Bytes frame(random() % 100);
    for (uint8_t& byte : frame) byte = static_cast<uint8_t>(random());
    if (frame.size() > kIp && random() % 2 == 0) frame = with(frame, kType, {8, 0, 0x45});
    expect_truth(frame);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(known_, looked_at_ / 5);
}

}  // namespace
}  // namespace relaysieve::test
