// SPDX-License-Identifier: Apache-2.0
// The parser: what it finds in a frame, and the reason it gives for a frame that it refuses.
#include "relaysieve/message.h"

#include <gtest/gtest.h>

#include "support/clients.h"
#include "support/guard_page.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

class Parser : public testing::Test {
 protected:
  Message message(const Bytes& bytes) {
    const Parsed parsed = parse_dhcp4(guard_.hold(bytes));
    if (!parsed.message) throw std::runtime_error("refused: " + std::string(info(parsed.reason).name));
    return *parsed.message;  // its views are good until the next call
  }
  Message message(const Copy& copy) { return message(copy.bytes()); }
  std::string_view refusal(const Bytes& bytes) {
    const Parsed parsed = parse_dhcp4(guard_.hold(bytes));
    return parsed.message ? "a message" : info(parsed.reason).name;
  }
  std::string_view refusal(const Copy& copy) { return refusal(copy.bytes()); }
  // A frame with one byte, or 16 bits, written over.
  Bytes with8(size_t offset, uint8_t value) {
    Bytes bytes = frame;
    bytes.at(offset) = value;
    return bytes;
  }
  Bytes with16(size_t offset, unsigned value) {
    Bytes bytes = frame;
    overwrite16(bytes, offset, value);
    return bytes;
  }

  // Offsets in an untagged frame without IP options.
  static constexpr size_t kIp = 14, kUdp = 34, kBootp = 42, kOptions = kBootp + 240;
  const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};
  const Transmission discover = udhcpc().discover();
  const Bytes frame = A.brings(discover).bytes();

 private:
  GuardPage guard_;
};

TEST_F(Parser, Addresses) {
  const Message found = message(frame);
  EXPECT_TRUE(std::equal(A.mac.begin(), A.mac.end(), found.source_mac.begin()));
  EXPECT_EQ(found.source_ip, A.ip);
  EXPECT_EQ(found.server_ip, kServer.ip);
  EXPECT_EQ(found.giaddr, A.giaddr);
}

TEST_F(Parser, BootpHeaderAndOptions) {
  const Message found = message(frame);
  const Bytes payload = discover.payload(A.giaddr, 1);
  EXPECT_TRUE(std::equal(found.bootp.begin(), found.bootp.end(), payload.begin()));
  EXPECT_EQ(Bytes(found.options.begin(), found.options.end()), encode(discover.options));
}

TEST_F(Parser, VlansOutermostFirst) {
  EXPECT_EQ(message(frame).vlans, (std::array<uint16_t, 2>{0, 0}));
  EXPECT_EQ(message(A.brings(discover).tagged({{5, 0x8100, 7}})).vlans, (std::array<uint16_t, 2>{5, 0}));
  EXPECT_EQ(message(A.brings(discover).tagged({{4095, 0x88a8}, {5}})).vlans,
            (std::array<uint16_t, 2>{4095, 5}));
  EXPECT_EQ(message(A.brings(discover).tagged({{6, 0x9100}, {0, 0x8100, 3}})).vlans,
            (std::array<uint16_t, 2>{6, 0}));
  EXPECT_EQ(message(A.brings(discover).tagged({{0}, {6}})).vlans, (std::array<uint16_t, 2>{6, 0}));
}

TEST_F(Parser, MessageTypes) {
  for (uint8_t type : Bytes{kDiscover, kRequest, 4, kRelease, kInform, 13}) {
    EXPECT_EQ(message(A.brings(discover.with({kMessageType, {type}}))).type, type);
  }
  EXPECT_EQ(message(A.brings(discover.without(kMessageType))).type, 0);
}

TEST_F(Parser, TheMessageTypeNeedNotBeFirst) {
  EXPECT_EQ(message(A.brings(discover.without(kMessageType).with({kMessageType, {kInform}}))).type, kInform);
}

TEST_F(Parser, NothingBehindEndIsRead) {
  const Bytes hidden = {kMessageType, 1, kInform, kOverload, 1, 3, kRelayInfo, 2, 1, 0};
  const Message found = message(A.brings(discover.but(&Transmission::after_end, hidden)));
  EXPECT_EQ(found.type, kDiscover);
  EXPECT_EQ(found.overload, 0);
  EXPECT_EQ(found.relay_infos, 0u);
}

TEST_F(Parser, Overload) {
  for (uint8_t overload : Bytes{1, 2, 3}) {
    EXPECT_EQ(message(A.brings(discover.with({kOverload, {overload}}))).overload, overload);
  }
  EXPECT_EQ(message(frame).overload, 0);
}

TEST_F(Parser, TheMessageTypeMayStandInTheOverloadedField) {  // RFC 2131 s4.1
  const Transmission hidden =
      discover.without(kMessageType).but(&Transmission::file, Bytes{kMessageType, 1, kInform, kEnd});
  EXPECT_EQ(message(A.brings(hidden)).type, 0);
  EXPECT_EQ(message(A.brings(hidden.with({kOverload, {2}}))).type, 0);
  EXPECT_EQ(message(A.brings(hidden.with({kOverload, {1}}))).type, kInform);
  EXPECT_EQ(message(A.brings(hidden.with({kOverload, {3}}).with({kMessageType, {kRequest}}))).type, kRequest);
}

TEST_F(Parser, RelayInformation) {
  EXPECT_EQ(message(frame).relay_infos, 0u);
  const Message plain = message(A.writing(option82({circuit_id("eth7")})).brings(discover));
  EXPECT_EQ(plain.relay_infos, 1u);
  EXPECT_EQ(Bytes(plain.relay_info.begin(), plain.relay_info.end()), encode({circuit_id("eth7")}));
  EXPECT_FALSE(plain.link_selection);
  EXPECT_TRUE(plain.vrf.empty());
  const Options subs = {circuit_id("eth7"), link_selection("10.20.0.0"_ip), vrf("blue")};
  const Message found = message(A.writing(option82_at(0, subs)).brings(discover));
  EXPECT_EQ(found.link_selection, "10.20.0.0"_ip);
  EXPECT_EQ(Bytes(found.vrf.begin(), found.vrf.end()), vrf("blue").value);
}

TEST_F(Parser, SeveralOptions82) {  // the first is the one that is handed out
  const Message found = message(A.writing(option82_twice({circuit_id("eth7")})).brings(discover));
  EXPECT_EQ(found.relay_infos, 2u);
  EXPECT_EQ(Bytes(found.relay_info.begin(), found.relay_info.end()), encode({circuit_id("eth7")}));
}

TEST_F(Parser, LinkSelectionOfAnyOtherLengthIsNone) {
  for (size_t size : {0, 1, 3, 5, 16}) {
    const Message found = message(A.writing(option82({{5, Bytes(size, 10)}, vrf("blue")})).brings(discover));
    EXPECT_FALSE(found.link_selection) << size;
    EXPECT_EQ(found.vrf.size(), 5u);
  }
}

TEST_F(Parser, ASubOptionThatOverrunsOption82IsIgnored) {
  const auto odd = [&](Bytes value) {
    return message(A.writing([=](Options& o) { o.push_back({kRelayInfo, value}); }).brings(discover));
  };
  EXPECT_FALSE(odd({5, 4, 10, 20, 0}).link_selection);
  EXPECT_FALSE(odd({5}).link_selection);
  EXPECT_TRUE(odd({151, 200, 0}).vrf.empty());
  EXPECT_EQ(odd({5, 4, 10, 20, 0, 0, 151}).link_selection, "10.20.0.0"_ip);
}

TEST_F(Parser, PlainBootpHasNoOptions) {
  const Message found = message(A.brings(plain_bootp("kernel")));
  EXPECT_EQ(found.type, 0);
  EXPECT_TRUE(found.options.empty());
}

TEST_F(Parser, TheShortestBootpThereIs) {  // 236 bytes: not even room for a cookie
  EXPECT_EQ(message(A.brings(plain_bootp("kernel").but(&Transmission::least, 0))).type, 0);
  Bytes short_by_one = A.brings(plain_bootp("kernel").but(&Transmission::least, 0)).bytes();
  short_by_one.pop_back();
  overwrite16(short_by_one, kIp + 2, 20 + 8 + 235);
  overwrite16(short_by_one, kUdp + 4, 8 + 235);
  EXPECT_EQ(refusal(short_by_one), "malformed_bootp");
}

TEST_F(Parser, NotDhcp) {
  EXPECT_EQ(refusal(with16(12, 0x0806)), "not_dhcp");      // ARP
  EXPECT_EQ(refusal(with8(kIp + 9, 6)), "not_dhcp");       // TCP
  EXPECT_EQ(refusal(with16(kUdp + 2, 4011)), "not_dhcp");  // PXE's other port
  EXPECT_EQ(refusal(with16(kUdp + 2, 68)), "not_dhcp");
  EXPECT_EQ(refusal(A.brings(discover).tagged({{1}, {2}, {3}})), "not_dhcp");
  EXPECT_EQ(refusal(A.brings(discover).tagged({{5, 0x9200}})), "not_dhcp");
}

TEST_F(Parser, MalformedIp) {
  EXPECT_EQ(refusal(with8(kIp, 0x65)), "malformed_ip");     // version 6 under ethertype 0800
  EXPECT_EQ(refusal(with8(kIp, 0x44)), "malformed_ip");     // header of 16 bytes
  EXPECT_EQ(refusal(with16(kIp + 2, 19)), "malformed_ip");  // total length below the header's
  EXPECT_EQ(refusal(with16(kIp + 2, static_cast<unsigned>(frame.size() - 13))),
            "malformed_ip");  // above the frame's
  EXPECT_EQ(refusal(with16(kIp + 2, 0xffff)), "malformed_ip");
  EXPECT_EQ(refusal(Bytes(frame.begin(), frame.begin() + kIp)), "malformed_ip");
}

TEST_F(Parser, IpOptionsUpToSixtyBytesOfHeader) {
  for (size_t size = 0; size <= 40; size += 4) {
    EXPECT_EQ(message(A.brings(discover).but(&Copy::ip_options, Bytes(size, 1))).giaddr, A.giaddr);
  }
}

TEST_F(Parser, Fragments) {
  EXPECT_EQ(refusal(with16(kIp + 6, 0x2000)), "fragment");
  EXPECT_EQ(refusal(with16(kIp + 6, 0x0001)), "fragment");
  EXPECT_EQ(refusal(with16(kIp + 6, 0x1fff)), "fragment");
  EXPECT_EQ(refusal(with16(kIp + 6, 0xc000)), "a message");
}

TEST_F(Parser, MalformedUdp) {
  const unsigned size = static_cast<unsigned>(frame.size() - kUdp);
  EXPECT_EQ(refusal(with16(kUdp + 4, size + 1)), "malformed_udp");  // beyond the IP packet
  EXPECT_EQ(refusal(with16(kUdp + 4, 7)), "malformed_udp");
  EXPECT_EQ(refusal(with16(kUdp + 4, 0)), "malformed_udp");
  EXPECT_EQ(refusal(with16(kIp + 2, 20 + 7)), "malformed_udp");  // no room for a UDP header
}

TEST_F(Parser, MalformedBootp) {
  EXPECT_EQ(refusal(with16(kUdp + 4, 8 + 235)), "malformed_bootp");
  EXPECT_EQ(refusal(with16(kUdp + 4, 8)), "malformed_bootp");
  EXPECT_EQ(refusal(with8(kBootp, 0)), "malformed_bootp");
  EXPECT_EQ(refusal(with8(kBootp, 3)), "malformed_bootp");
  EXPECT_EQ(refusal(with8(kBootp + 2, 17)), "malformed_bootp");
  EXPECT_EQ(refusal(with8(kBootp + 2, 255)), "malformed_bootp");
  EXPECT_EQ(refusal(with8(kBootp + 2, 16)), "a message");
  EXPECT_EQ(refusal(with8(kBootp + 2, 0)), "a message");
}

TEST_F(Parser, BytesBeyondTheUdpLengthDoNotExist) {  // the options end in the middle of the vendor class
  const Transmission bare = discover.but(&Transmission::least, 0);
  Bytes cut = A.brings(bare).bytes();
  overwrite16(cut, kUdp + 4, static_cast<unsigned>(cut.size() - kUdp - 4));
  EXPECT_EQ(refusal(cut), "malformed_options");
}

TEST_F(Parser, MalformedOptions) {
  const auto ending = [&](Bytes last) {
    return A.brings(discover.but(&Transmission::end, false)
                        .but(&Transmission::least, 0)
                        .but(&Transmission::after_end, std::move(last)));
  };
  EXPECT_EQ(refusal(ending({})), "a message");  // a missing End is fine
  EXPECT_EQ(refusal(ending({kPad, kPad})), "a message");
  EXPECT_EQ(refusal(ending({kUserClass, 0})), "a message");
  EXPECT_EQ(refusal(ending({kUserClass})), "malformed_options");  // no length
  EXPECT_EQ(refusal(ending({kUserClass, 1})), "malformed_options");
  EXPECT_EQ(refusal(ending({kUserClass, 3, 1, 2})), "malformed_options");
  EXPECT_EQ(refusal(ending({kRelayInfo, 255, 1, 2})), "malformed_options");
}

TEST_F(Parser, WhatIsForwardedUnlookedAt) {
  EXPECT_EQ(refusal(with8(kBootp, 2)), "reply");
  EXPECT_EQ(refusal(A.asking_for(0).brings(discover)), "direct");
  EXPECT_EQ(refusal(A.brings(discover.with({kMessageType, {kLeasequery}}))), "leasequery");
  for (Ip group : {"255.255.255.255"_ip, "224.0.0.1"_ip, "239.255.255.255"_ip}) {
    EXPECT_EQ(refusal(A.brings(discover).to({group})), "direct") << group;
  }
  EXPECT_EQ(refusal(A.brings(discover).to({"223.255.255.255"_ip})), "a message");
}

TEST_F(Parser, TheFirstReasonCounts) {  // IP, UDP, BOOTP shape, reply, direct, options, leasequery
  const Transmission broken = discover.but(&Transmission::end, false)
                                  .but(&Transmission::least, 0)
                                  .but(&Transmission::after_end, Bytes{kUserClass});
  EXPECT_EQ(refusal(A.brings(broken.but(&Transmission::op, 2))), "reply");
  EXPECT_EQ(refusal(A.asking_for(0).brings(broken)), "direct");
  EXPECT_EQ(refusal(A.asking_for(0).brings(broken.but(&Transmission::op, 2))), "reply");
  EXPECT_EQ(refusal(A.asking_for(0).brings(broken.but(&Transmission::hlen, 17))), "malformed_bootp");
  EXPECT_EQ(refusal(A.brings(broken.with({kMessageType, {kLeasequery}}))), "malformed_options");
  EXPECT_EQ(refusal(A.brings(broken).but(&Copy::fragment, 0x2000)), "fragment");
}

}  // namespace
}  // namespace relaysieve::test
