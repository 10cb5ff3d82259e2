// SPDX-License-Identifier: Apache-2.0
#include "support/mask.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>

#include "settings/text.h"

namespace relaysieve {
namespace {

class MaskerTest : public testing::Test {
 protected:
  std::string mask(std::string_view text) { return masker_.mask(text); }
  uint32_t other(uint32_t address) { return address_of(mask(print_address(address)))->ip4(); }

  Masker masker_{[random = std::mt19937(1)]() mutable { return static_cast<uint32_t>(random()); },
                 {"box7", "box7.example.net"}};
};

TEST_F(MaskerTest, WhatIsNoAddressStays) {
  for (const char* text : {"",
                           "received 91 = forwarded 78 + dropped 13",
                           "2026-11-22 07:14:22.123456",
                           "0000:01:00.0",
                           "std::string",
                           "version 22.11.4",
                           "1.2.3.4.5",
                           "10.0.0",
                           "10.0.0.256",
                           "300.1.1.1",
                           "x10.0.0.1",
                           "libc6 2.36-9+deb12u8",
                           "::",
                           "::1",
                           "0.0.0.0",
                           "127.0.0.1",
                           "224.0.0.251",
                           "255.255.255.0",
                           "255.255.255.255",
                           "ff02::1",
                           "ff:ff:ff:ff:ff:ff",
                           "00:00:00:00:00:00",
                           "01:00:5e:00:00:fb",
                           "00:00:5e:00:01:0a",
                           "00:00:0c:07:ac:01",
                           "mybox7",
                           "box7-2",
                           "enx12",
                           "0x0800"})
    EXPECT_EQ(mask(text), text);
}

TEST_F(MaskerTest, AnAddressIsTheSameThroughout) {
  const std::string text =
      mask("10.20.0.2, giaddr=10.20.0.2:67 (10.20.0.2). [10.20.0.2]\n{\"ip\":\"10.20.0.2\"}");
  const std::string masked = mask("10.20.0.2");
  EXPECT_EQ(text, masked + ", giaddr=" + masked + ":67 (" + masked + "). [" + masked + "]\n{\"ip\":\"" +
                      masked + "\"}");
  EXPECT_EQ(text.find("10.20"), text.npos);
  const std::string mac = mask("02:00:00:30:00:02");
  EXPECT_EQ(mask("ether 02:00:00:30:00:02 x"), "ether " + mac + " x");
  EXPECT_EQ(mask("02-00-00-30-00-02"), mac.substr(0, 2) + "-" + mac.substr(3, 2) + "-" + mac.substr(6, 2) +
                                           "-" + mac.substr(9, 2) + "-" + mac.substr(12, 2) + "-" +
                                           mac.substr(15, 2));
  EXPECT_EQ(mask("0200.0030.0002"), mac.substr(0, 2) + mac.substr(3, 2) + "." + mac.substr(6, 2) +
                                        mac.substr(9, 2) + "." + mac.substr(12, 2) + mac.substr(15, 2));
  EXPECT_EQ(mask("enx020000300002").substr(9), mac.substr(9, 2) + mac.substr(12, 2) + mac.substr(15, 2));
}

TEST_F(MaskerTest, PrefixesFromSixteenBitsOnStayAsLongAsTheyWere) {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    const uint32_t one = 0x0a140000 | (random() & 0xffff);
    const uint32_t two = one ^ (1U << random() % 16);
    EXPECT_EQ(std::countl_zero(one ^ two), std::countl_zero(other(one) ^ other(two)));
    EXPECT_EQ(other(one) >> 28, 15);
  }
}

TEST_F(MaskerTest, NoTwoBecomeOne) {
  std::set<std::string> macs, addresses, sixes;
  for (int i = 0; i < 3000; ++i) {
    macs.insert(mask("52:54:00:00:" + std::string(1, "0123456789abcdef"[i >> 8 & 15]) +
                     "0:" + "0123456789abcdef"[i >> 4 & 15] + "0123456789abcdef"[i & 15]));
    addresses.insert(mask(print_address(0x0a000000 + static_cast<uint32_t>(i) * 65'521)));
    sixes.insert(mask("2a00:1:2:" + std::to_string(i) + "::" + std::to_string(i)));
  }
  EXPECT_EQ(macs.size(), 3000);
  EXPECT_EQ(addresses.size(), 3000);
  EXPECT_EQ(sixes.size(), 3000);
}

TEST_F(MaskerTest, ANetworkStaysOne) {
  for (const char* network : {"10.20.0.0/16", "10.20.3.0/24", "10.20.3.128/25", "172.16.0.0/12"}) {
    const auto masked = network_of(mask(network));
    ASSERT_TRUE(masked) << network;
    EXPECT_EQ(masked->address.network(masked->bits), masked->address) << network;
  }
  EXPECT_EQ(mask("10.20.3.4/24"), mask("10.20.3.4") + "/24");  // a host's address with its prefix length
  EXPECT_EQ(mask("10.20.3.0/24").substr(0, mask("10.20.3.4").rfind('.')),
            mask("10.20.3.4").substr(0, mask("10.20.3.4").rfind('.')));
}

TEST_F(MaskerTest, TheVendorStays) {
  EXPECT_TRUE(mask("52:54:00:12:34:56").starts_with("52:54:00:"));
  EXPECT_NE(mask("52:54:00:12:34:56"), "52:54:00:12:34:56");
  const std::string longer = "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10";
  EXPECT_EQ(mask(longer).size(), longer.size());
  EXPECT_TRUE(mask(longer).starts_with("01:02:03:"));
  EXPECT_EQ(mask(longer), mask(longer));
  EXPECT_NE(mask(longer), longer);
}

TEST_F(MaskerTest, Ipv6) {
  const std::string one = mask("2a00:1:2:3::10");
  EXPECT_TRUE(one.starts_with("2001:db8:")) << one;
  EXPECT_EQ(mask("2A00:0001:2:3:0::10."), one + ".");
  EXPECT_EQ(mask("inet6 2a00:1:2:3::10/64 scope"), "inet6 " + one + "/64 scope");
  EXPECT_EQ(mask("2a00:1:2:3::11").substr(0, 18), one.substr(0, 18));
  const std::string local = mask("fe80::5054:ff:fe12:3456%eth0");
  EXPECT_TRUE(local.starts_with("fe80::") && local.ends_with("%eth0")) << local;
  EXPECT_EQ(local.find("3456"), local.npos);
  EXPECT_EQ(mask("ff02::1:ff12:3456").find("3456"), std::string::npos);
  EXPECT_EQ(mask("::ffff:10.20.0.2"), "::ffff:" + mask("10.20.0.2"));
}

TEST_F(MaskerTest, Names) {
  EXPECT_EQ(mask("BOX7 relaysieved[1]: box7.example.net, box7"), "host relaysieved[1]: host, host");
}

}  // namespace
}  // namespace relaysieve
