// SPDX-License-Identifier: Apache-2.0
// The DHCPv6 parser: what it finds in a frame, the reason it gives for a frame that it refuses, and frames cut at every
// length. Each frame ends at an unreadable page: an over-read is a crash.
#include "relaysieve/message6.h"

#include <gtest/gtest.h>

#include <random>

#include "support/guard_page.h"
#include "support/network6.h"

namespace relaysieve::test {
namespace {

class Parser6 : public testing::Test {
 protected:
  Message6 message(const Copy6& sent) {
    const Parsed6 parsed = parse_dhcp6(guard_.hold(sent.bytes()));
    if (!parsed.message) throw std::runtime_error("refused: " + std::string(info(parsed.reason).name));
    return *parsed.message;  // its views are good until the next call
  }
  std::string_view refusal(const Bytes& bytes) {
    const Parsed6 parsed = parse_dhcp6(guard_.hold(bytes));
    return parsed.message ? "a message" : info(parsed.reason).name;
  }
  std::string_view refusal(const Copy6& sent) { return refusal(sent.bytes()); }
  std::string_view refusal_of(const Bytes& payload) { return refusal(copy.but(&Copy6::payload, payload)); }
  Bytes with(size_t offset, std::initializer_list<uint8_t> bytes) {
    Bytes changed = frame;
    std::ranges::copy(bytes, changed.begin() + static_cast<ptrdiff_t>(offset));
    return changed;
  }
  static Bytes cut(const Bytes& bytes, size_t size) {
    return Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
  }

  static constexpr size_t kIp = 14, kNextHeader = kIp + 6, kUdp = kIp + 40, kRelay = kUdp + 8;
  const Router6 A = {"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6};
  const Router6 B = {"B", "02:00:00:30:00:03"_mac, "fd20:30::3"_ip6, "fd20:20::3"_ip6};
  const Router6 lightweight = {"S", {}, "fe80::5"_ip6, {}, 0, 547, {{kInterfaceId, {1, 2}}}, {}};
  const Copy6 copy = A.brings(solicit());
  const Bytes frame = copy.bytes();

 private:
  GuardPage guard_;
};

TEST_F(Parser6, WhatARelayBrought) {
  const Message6 found = message(copy);
  EXPECT_TRUE(std::ranges::equal(found.source_mac, A.mac));
  EXPECT_EQ(found.source_ip, A.ip);
  EXPECT_EQ(found.server_ip, kServer6);
  EXPECT_EQ(found.link_address, A.link);
  EXPECT_EQ(found.peer_address, solicit().peer);
  EXPECT_EQ(found.relays, 1u);
  EXPECT_FALSE(found.has_relay_ids);
}

TEST_F(Parser6, WhatTheClientWrote) {
  const Message6 found = message(copy);
  EXPECT_EQ(Bytes(found.client.begin(), found.client.end()), solicit().bytes());
  EXPECT_EQ(found.type, kSolicit);
  EXPECT_EQ(Bytes(found.duid.begin(), found.duid.end()), solicit().options[0].value);
  EXPECT_EQ(found.elapsed_time, 0);
  EXPECT_FALSE(found.prefix_delegation);
  EXPECT_EQ(message(A.brings(solicit().after(0x1234))).elapsed_time, 0x1234);
  EXPECT_EQ(message(A.brings(solicit().without(kElapsedTime))).elapsed_time, std::nullopt);
  EXPECT_TRUE(message(A.brings(solicit().without(kDuid))).duid.empty());
  EXPECT_TRUE(message(A.brings(solicit().with({kIaPd, Bytes(12)}))).prefix_delegation);
}

TEST_F(Parser6, TheOrderOfARelaysOptionsDoesNotMatter) {
  const Options6 ids = {{kRemoteId, {0, 0, 0, 9, 1}}, {kInterfaceId, {7}}};
  for (const Router6& relay : {A.but(&Router6::before, ids), A.but(&Router6::behind, ids)}) {
    const Message6 found = message(relay.brings(solicit()));
    EXPECT_TRUE(found.has_relay_ids);
    EXPECT_EQ(Bytes(found.client.begin(), found.client.end()), solicit().bytes());
  }
}

TEST_F(Parser6, OfNestedRelaysTheOneClosestToTheClient) {
  const Message6 found = message(B.brings(solicit(), {A}));
  EXPECT_EQ(found.relays, 2u);
  EXPECT_EQ(found.source_ip, B.ip);
  EXPECT_EQ(found.link_address, A.link);
  EXPECT_EQ(found.peer_address, solicit().peer);
}

TEST_F(Parser6, ALightweightRelayGivesNoLinkAddress) {  // RFC 6221 s5.3.1: the next one's counts
  const Message6 found = message(A.brings(solicit(), {lightweight}));
  EXPECT_EQ(found.link_address, A.link);
  EXPECT_EQ(found.peer_address, solicit().peer);
  EXPECT_TRUE(found.has_relay_ids);
  EXPECT_TRUE(
      message(A.but(&Router6::link, Address()).brings(solicit(), {lightweight})).link_address.unspecified());
}

TEST_F(Parser6, EightRelaysAtTheMost) {
  EXPECT_EQ(message(A.brings(solicit(), std::vector(7, B))).relays, 8u);
  EXPECT_EQ(refusal(A.brings(solicit(), std::vector(8, B))), "nested_too_deep");
  EXPECT_EQ(refusal(A.brings(solicit(), std::vector(20, B))), "nested_too_deep");
}

TEST_F(Parser6, Vlans) {
  EXPECT_EQ(message(copy.tagged({{4095, 0x88a8}, {5, 0x8100, 7}})).vlans, (std::array<uint16_t, 2>{4095, 5}));
  EXPECT_EQ(message(copy.tagged({{0}, {6}})).vlans, (std::array<uint16_t, 2>{6, 0}));
  EXPECT_EQ(refusal(copy.tagged({{1}, {2}, {3}})), "not_dhcp");
}

TEST_F(Parser6, AnySourcePort) {  // wide-dhcpv6 sends from the client's
  EXPECT_EQ(refusal(A.but(&Router6::source_port, 546).brings(solicit())), "a message");
  EXPECT_EQ(refusal(copy.but(&Copy6::destination_port, 546)), "not_dhcp");
}

TEST_F(Parser6, ExtensionHeadersAreWalked) {
  const Extension hop_by_hop = {0, {0, 1, 4, 0, 0, 0, 0}}, routing = {43, Bytes(7)};
  const Extension destination = {60, [] {
                                   Bytes rest(23, 6);  // who reads on too early finds TCP
                                   rest[0] = 2;
                                   return rest;
                                 }()};
  const Extension authentication = {51, [] {
                                      Bytes rest(15, 6);
                                      rest[0] = 2;
                                      return rest;
                                    }()};
  const Extension atomic = {44, Bytes(7)};  // RFC 6946
  EXPECT_EQ(message(copy.but(&Copy6::extensions,
                             std::vector{hop_by_hop, routing, destination, authentication, atomic}))
                .client.size(),
            solicit().bytes().size());
  EXPECT_EQ(message(copy.but(&Copy6::extensions, std::vector(100, hop_by_hop))).link_address, A.link);
  EXPECT_EQ(refusal(copy.but(&Copy6::extensions, std::vector<Extension>{{0, {200, 0, 0, 0, 0, 0, 0}}})),
            "malformed_ip");
  EXPECT_EQ(refusal(copy.but(&Copy6::extensions, std::vector<Extension>{{50, Bytes(7)}})), "not_dhcp");
}

TEST_F(Parser6, Fragments) {
  const auto fragment = [&](uint8_t high, uint8_t low, std::vector<Extension> more = {}) {
    more.insert(more.begin(), {44, {0, high, low, 0, 0, 0, 1}});
    return refusal(copy.but(&Copy6::extensions, more));
  };
  EXPECT_EQ(fragment(0, 1), "fragment");  // the first of several
  EXPECT_EQ(fragment(1, 0), "fragment");  // the last
  EXPECT_EQ(fragment(0, 1, {{60, Bytes(7)}}), "fragment");
  EXPECT_EQ(fragment(0, 1, {{6, Bytes(7)}}), "not_dhcp");  // TCP's
  EXPECT_EQ(fragment(0, 6), "a message") << "the reserved bits say nothing";
}

TEST_F(Parser6, OtherTraffic) {
  EXPECT_EQ(refusal(with(12, {0x08, 0x00})), "not_dhcp");
  EXPECT_EQ(refusal(with(kNextHeader, {6})), "not_dhcp");
  EXPECT_EQ(refusal(with(kNextHeader, {59})), "not_dhcp");
  EXPECT_EQ(refusal(with(kIp, {0x40})), "malformed_ip");
  EXPECT_EQ(refusal(with(kIp + 4, {0xff, 0xff})), "malformed_ip");
  EXPECT_EQ(refusal(with(kUdp + 4, {0xff, 0xff})), "malformed_udp");
  EXPECT_EQ(refusal(with(kUdp + 4, {0, 7})), "malformed_udp");
}

TEST_F(Parser6, WhatNoRelaySentToAServer) {
  EXPECT_EQ(refusal_of(solicit().bytes()), "direct");
  EXPECT_EQ(refusal(copy.to("ff05::1:3"_ip6)), "direct");
  EXPECT_EQ(refusal(copy.to({})), "direct");
}

TEST_F(Parser6, WhatServersSayAndLeasequeries) {
  const auto of_type = [&](uint8_t type) { return solicit().but(&Transmission6::type, type); };
  for (uint8_t type : {kAdvertise, kReply6, kReconfigure, kRelayRepl}) {
    EXPECT_EQ(refusal(A.brings(of_type(type))), "reply") << int{type};
    EXPECT_EQ(refusal_of(of_type(type).bytes()), "reply") << int{type};
  }
  EXPECT_EQ(refusal(A.brings(of_type(kLeasequery6))), "leasequery");
  EXPECT_EQ(refusal_of(of_type(kLeasequery6).bytes()), "leasequery");
  EXPECT_EQ(refusal(A.brings(of_type(kDhcp4Query))), "a message");
}

TEST_F(Parser6, RelaysThatBringNothingWhole) {
  const Bytes header = cut(copy.relayed(), 34);
  const auto behind = [&](const Options6& options) {
    Bytes payload = header;
    put(payload, encode(options));
    return payload;
  };
  const Bytes message = solicit().bytes();
  EXPECT_EQ(refusal_of(header), "malformed_dhcp6");
  EXPECT_EQ(refusal_of(behind({{kInterfaceId, {1}}})), "malformed_dhcp6");
  EXPECT_EQ(refusal_of(behind({{kRelayMessage, {}}})), "malformed_dhcp6");
  EXPECT_EQ(refusal_of(behind({{kRelayMessage, {kSolicit, 1, 2}}})), "malformed_dhcp6");
  EXPECT_EQ(refusal_of(behind({{kRelayMessage, {kSolicit, 1, 2, 3}}})), "a message");
  EXPECT_EQ(refusal_of(behind({{kRelayMessage, message}, {kRelayMessage, message}})), "malformed_dhcp6");
  EXPECT_EQ(refusal_of(behind({{kRelayMessage, cut(message, message.size() - 1)}})), "malformed_options");
  Bytes longer = behind({{kRelayMessage, message}});
  longer.push_back(0);
  EXPECT_EQ(refusal_of(longer), "malformed_options");
}

TEST_F(Parser6, JumboOptions) {  // as much as an Ethernet frame of 9,018 bytes holds
  const Transmission6 large = solicit().with({kUserClass6, Bytes(8'800, 0xff)});
  EXPECT_EQ(message(A.brings(large)).client.size(), large.bytes().size());
  EXPECT_EQ(refusal(cut(A.brings(large).bytes(), 8'000)), "malformed_ip");
}

TEST_F(Parser6, EthernetsPaddingDoesNotCount) {
  EXPECT_EQ(message(copy.but(&Copy6::trailer, Bytes(18, 0xff))).client.size(), solicit().bytes().size());
}

TEST_F(Parser6, CutAtEveryLength) {
  const Copy6 deep =
      B.brings(solicit(), {lightweight, A}).but(&Copy6::extensions, std::vector<Extension>{{0, Bytes(7)}});
  const Bytes whole = deep.tagged({{5}}).bytes();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(refusal(cut(whole, size)), size < 18 ? "not_dhcp" : "malformed_ip") << size;
  EXPECT_EQ(refusal(whole), "a message");
}

TEST_F(Parser6, DatagramsCutAtEveryLength) {  // IP's and UDP's lengths agree with the frame
  const Bytes whole = B.brings(solicit(), {lightweight, A}).relayed();
  for (size_t size = 1; size < whole.size(); ++size)
    EXPECT_TRUE(refusal_of(cut(whole, size)).starts_with("malformed_")) << size;
  EXPECT_EQ(refusal_of(whole), "a message");
}

TEST_F(Parser6, FramesOfNoise) {
  std::mt19937 random(8415);
  const Bytes whole = B.brings(solicit(), {lightweight, A}).bytes();
  size_t messages = 0;
  for (int n = 0; n < 200'000; ++n) {
    Bytes noisy = whole;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
      noisy[12 + random() % (noisy.size() - 12)] = static_cast<uint8_t>(random());
    messages += refusal(noisy) == "a message";
  }
  EXPECT_GT(messages, 10'000u);
  EXPECT_LT(messages, 190'000u);
}

}  // namespace
}  // namespace relaysieve::test
