// SPDX-License-Identifier: Apache-2.0
// Frames cut at every length, and frames of noise. Each ends at an unreadable page: an over-read is a crash.
#include <gtest/gtest.h>

#include <random>

#include "relaysieve/filter.h"
#include "relaysieve/message.h"
#include "support/clients.h"
#include "support/guard_page.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

using enum Reason;

class Truncation : public testing::Test {
 protected:
  // nullopt: it is a message.
  std::optional<Reason> refusal(const Bytes& frame) {
    const Parsed parsed = parse_dhcp4(guard_.hold(frame));
    return parsed.message ? std::nullopt : std::optional(parsed.reason);
  }
  const Copy copy = Router{"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip}
                        .writing(option82({circuit_id("eth7"), link_selection("10.20.0.0"_ip), vrf("blue")}))
                        .brings(ipxe().discover().but(&Transmission::least, 0));
  const Bytes whole = copy.bytes();
  GuardPage guard_;
};

Bytes cut(const Bytes& frame, size_t size) {
  return Bytes(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(size));
}

TEST_F(Truncation, TheFrameAlone) {
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(refusal(cut(whole, size)), size < 14 ? not_dhcp : malformed_ip) << size;
  }
  EXPECT_EQ(refusal(whole), std::nullopt);
}

TEST_F(Truncation, TheFrameUnderTwoTags) {  // a tag without its id and type is no tag: not ours
  const Bytes tagged = copy.tagged({{7, 0x88a8}, {5}}).bytes();
  for (size_t size = 0; size < tagged.size(); ++size) {
    EXPECT_EQ(refusal(cut(tagged, size)), size < 22 ? not_dhcp : malformed_ip) << size;
  }
  EXPECT_EQ(refusal(tagged), std::nullopt);
}

TEST_F(Truncation, TheFrameWithIpOptions) {
  const Bytes wide = copy.but(&Copy::ip_options, Bytes(40, 1)).bytes();
  for (size_t size = 14; size < wide.size(); ++size)
    EXPECT_EQ(refusal(cut(wide, size)), malformed_ip) << size;
  EXPECT_EQ(refusal(wide), std::nullopt);
}

TEST_F(Truncation, TheIpPacket) {  // its length field agrees with the frame
  for (size_t size = 34; size < whole.size(); ++size) {
    Bytes frame = cut(whole, size);
    overwrite16(frame, 16, static_cast<unsigned>(size - 14));
    EXPECT_EQ(refusal(frame), malformed_udp) << size;
  }
}

TEST_F(Truncation, TheUdpDatagram) {  // both length fields agree with the frame
  const Bytes options = encode(copy.sent.options);
  // Where an option ends the message is whole: a missing End is fine. In plain numbers of bytes after the cookie.
  std::vector<bool> whole_at(options.size() + 2, false);
  for (size_t at = 0; at < options.size(); at += 2 + options[at + 1]) whole_at[at] = true;
  whole_at[options.size()] = whole_at[options.size() + 1] = true;

  size_t messages = 0;
  for (size_t size = 42; size <= whole.size(); ++size) {
    Bytes frame = cut(whole, size);
    overwrite16(frame, 16, static_cast<unsigned>(size - 14));
    overwrite16(frame, 38, static_cast<unsigned>(size - 34));
    const size_t payload = size - 42;
    std::optional<Reason> expected = std::nullopt;
    if (payload < 236)
      expected = malformed_bootp;
    else if (payload >= 240 && !whole_at.at(payload - 240))
      expected = malformed_options;
    EXPECT_EQ(refusal(frame), expected) << payload << " bytes of payload";
    messages += !expected;
  }
  EXPECT_EQ(messages, 4 + copy.sent.options.size() + 2);  // less than a cookie; before each option; End
}

// Noise: real frames with a few bytes changed, cut or grown. Whatever it is, it is judged once, and what the
// parser refuses is forwarded.
TEST(Noise, AHundredThousandFrames) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
  };

  const Router router = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const auto subs = option82({circuit_id("eth7"), link_selection("10.20.0.0"_ip), vrf("blue")});
  const std::vector<Bytes> models = {router.brings(grub().discover()).bytes(),
                                     router.writing(subs).brings(ipxe().request()).bytes(),
                                     router.brings(plain_bootp("kernel")).bytes(),
                                     router.brings(u_boot().discover()).tagged({{5}, {6}}).bytes()};

  Filter filter(std::make_shared<const Policy>(), {.clients = 64});
  GuardPage guard;
  size_t forwards = 0, drops = 0, refused = 0;
  constexpr size_t kFrames = 100'000;
  for (size_t i = 0; i < kFrames; ++i) {
    Bytes bytes = models[below(models.size())];
    for (size_t changes = below(4); changes > 0; --changes) {
      bytes[below(bytes.size())] = static_cast<uint8_t>(below(256));
    }
    if (below(4) == 0) bytes.resize(below(bytes.size() + 32));
    const std::span<const uint8_t> held = guard.hold(bytes);
    const Parsed parsed = parse_dhcp4(held);
    const Verdict verdict = filter.judge({held, std::chrono::microseconds(i), i + 1});
    verdict.dropped() ? ++drops : ++forwards;
    if (parsed.message) continue;
    ++refused;
    EXPECT_EQ(verdict.action, Action::forward);
    EXPECT_EQ(verdict.reason, parsed.reason);
    EXPECT_FALSE(verdict.request);
  }
  EXPECT_EQ(forwards + drops, kFrames);
  EXPECT_GT(refused, kFrames / 20);  // the noise is noise,
  EXPECT_GT(drops, kFrames / 20);    // and not only noise
}

}  // namespace
}  // namespace relaysieve::test
