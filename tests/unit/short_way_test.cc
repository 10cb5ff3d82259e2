// SPDX-License-Identifier: Apache-2.0
// A burst's frames go a short way, where they can. Whatever the frame, it leads where the long way leads: parse_dhcp4
// and Fingerprint::of, here without the CPU's own instructions.
#include <gtest/gtest.h>

#include <random>

#include "fingerprint.h"
#include "support/clients.h"
#include "support/guard_page.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

constexpr uint16_t kPort = 3;

class ShortWay : public testing::Test {
 protected:
  void lead_to_the_same(const Bytes& bytes, const Policy& policy = {}) {
    const Frame frame{.bytes = guard_.hold(bytes), .port = kPort};
    Request request;
    Fingerprint::Passed passed{Reason::first_copy, Family::none};
    const bool relayed = burst_.read({&frame, 1}, policy, &request, &passed) == 1;
    const Parsed parsed = parse_dhcp4(frame.bytes);
    if (!parsed.message) {
      ASSERT_FALSE(relayed);
      const Reason reason = is_ipv6(frame.bytes) ? parse_dhcp6(frame.bytes).reason : parsed.reason;
      ASSERT_EQ(info(passed.reason).name, info(reason).name);
      ++refused_;
    } else if (!relayed) {
      ASSERT_EQ(passed.reason, Reason::untrusted_relay);
      ++refused_;
    } else {
      ASSERT_EQ(request, plain_.of(*parsed.message, kPort, policy));
      ++requests_;
    }
  }

  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Options subs = {circuit_id("eth7"), link_selection("10.20.0.0"_ip)};
  size_t requests_ = 0, refused_ = 0;

 private:
  GuardPage guard_;
  Fingerprint burst_{1}, plain_{1, Fingerprint::Cpu::any};
};

std::vector<Transmission> clients() {
  return {edk2().discover(), edk2().request(),   ipxe().discover(),   ipxe().request(),
          grub().discover(), udhcpc().request(), u_boot().discover(), plain_bootp("kernel")};
}

TEST_F(ShortWay, EveryClientThroughEveryRelay) {
  const std::vector<Writes> relays = {{},
                                      option82({circuit_id("eth7")}),
                                      option82({}),
                                      option82(subs),
                                      option82({vrf("blue")}),
                                      option82_at(0, subs),
                                      option82_twice(subs)};
  for (int pass = 0; pass < 3; ++pass)  // the first one shows where the options lie
    for (const Transmission& sent : clients())
      for (const Writes& writes : relays)
        for (const std::vector<Tag>& tags :
             std::vector<std::vector<Tag>>{{}, {{5}}, {{0}}, {{7, 0x88a8}, {5}}, {{1}, {2}, {3}}})
          lead_to_the_same(A.writing(writes ? writes : [](Options&) {}).brings(sent).tagged(tags).bytes());
  EXPECT_EQ(requests_, 3 * 8 * 7 * 4u);
}

TEST_F(ShortWay, EveryPolicy) {
  const std::vector<Policy> policies = {{.match = Match::identity},
                                        {.scope = ScopeRule::any},
                                        {.scope = ScopeRule::exact},
                                        {.subnet_bits = 0},
                                        {.ignore_vlan = true},
                                        {.trusted_relays = {{"10.20.0.0"_ip, 16}}},
                                        {.trusted_relays = {{"10.0.0.0"_ip, 8}}},
                                        {.relay_groups = {{{"10.20.0.0"_ip, 24}}}},
                                        {.server_groups = {{kServer.ip, kSecondServer.ip}}}};
  for (const Policy& policy : policies)
    for (int pass = 0; pass < 3; ++pass)
      for (const Transmission& sent : clients())
        lead_to_the_same(A.writing(option82(subs)).brings(sent).tagged({{5}}).bytes(), policy);
  EXPECT_EQ(refused_, 3 * 8u) << "10.30.0.2 is not in 10.20.0.0/16";
}

// Without a message type, or with LEASEQUERY's: the type is not among what is compared with the frames before.
TEST_F(ShortWay, EveryType) {
  for (int type = 0; type < 256; ++type)
    lead_to_the_same(A.brings(edk2().discover().with({kMessageType, {static_cast<uint8_t>(type)}})).bytes());
  EXPECT_EQ(refused_, 1u);
}

TEST_F(ShortWay, CutAtEveryLength) {
  const auto whole = A.writing(option82(subs)).brings(ipxe().discover().but(&Transmission::least, 0)).bytes();
  for (size_t size = 0; size <= whole.size(); ++size) {
    lead_to_the_same(whole);
    Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    lead_to_the_same(cut);
    if (size < 42) continue;
    overwrite16(cut, 16, static_cast<unsigned>(size - 14));  // the lengths agree with the frame
    overwrite16(cut, 38, static_cast<unsigned>(size - 34));
    lead_to_the_same(cut);
  }
}

// Each byte changed to some others, from a frame whose way is short.
TEST_F(ShortWay, EveryByteOfAFrame) {
  for (const Transmission& sent : clients()) {
    const Bytes whole = A.writing(option82(subs)).brings(sent).bytes();
    for (size_t i = 0; i < whole.size(); ++i) {
      for (uint8_t change :
           Bytes{0x01, 0x02, 0x80, 0xff, whole[i], static_cast<uint8_t>(whole[i] ^ kRelayInfo)}) {
        lead_to_the_same(whole);
        Bytes bytes = whole;
        bytes[i] ^= change;
        lead_to_the_same(bytes);
      }
    }
  }
  EXPECT_GT(refused_, 500u);
}

TEST_F(ShortWay, Noise) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  std::vector<Bytes> models;
  for (const Transmission& sent : clients()) {
    models.push_back(A.brings(sent).bytes());
    models.push_back(A.writing(option82(subs)).brings(sent).tagged({{5}}).bytes());
  }
  for (size_t i = 0; i < 200'000; ++i) {
    Bytes bytes = models[below(models.size())];
    for (size_t changes = below(4); changes > 0; --changes) {
      const size_t from = below(4) == 0 ? 0 : 250;  // mostly the options
      bytes[from + below(bytes.size() - from)] = static_cast<uint8_t>(below(3) == 0 ? 82 : below(256));
    }
    if (below(8) == 0) bytes.resize(below(bytes.size() + 32));
    lead_to_the_same(bytes);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused_, 10'000u);
  EXPECT_GT(requests_, 10'000u);
}

}  // namespace
}  // namespace relaysieve::test
