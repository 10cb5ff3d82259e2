// SPDX-License-Identifier: Apache-2.0
#include "dhcp_frame.h"

#include <gtest/gtest.h>

#include "support/clients.h"
#include "support/network.h"
#include "support/network6.h"

namespace relaysieve::test {
namespace {

const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};

TEST(ClientIdTest, IsReadAsPeopleWriteIt) {
  for (const char* text : {"52:54:00:12:34:5f", "52-54-00-12-34-5F", "5254.0012.345f", "52540012345F"}) {
    const auto chaddr = client_id_of(text);
    ASSERT_TRUE(chaddr) << text;
    EXPECT_EQ(chaddr->text(), "52:54:00:12:34:5f") << text;
  }
  EXPECT_EQ(client_id_of("07")->text(), "07");
  EXPECT_EQ(client_id_of(std::string(260, '7'))->length, 130) << "the longest DUID (RFC 8415 s11.1)";
  EXPECT_EQ(client_id_of("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f")->length, 16);
}

TEST(ClientIdTest, IsNotReadFromAnythingElse) {
  for (const char* text : {"", ":", "5", "5:4", "52:54:", ":52:54", "52::54", "52:5g", "52-54:00", "52.54.00",
                           "525.4", "5254.0012.", "52 54", "525"})
    EXPECT_FALSE(client_id_of(text)) << text;
  EXPECT_FALSE(client_id_of(std::string(262, '7')));
}

TEST(DhcpFrameTest, TellsWhatIsInARelayedRequest) {
  const Bytes bytes = A.brings(udhcpc().discover()).tagged({{5}}).bytes();
  const auto found = find_dhcp(bytes);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->reply);
  EXPECT_EQ(message_type(found->family, found->type), "DISCOVER");
  EXPECT_EQ(found->source_ip, A.ip);
  EXPECT_EQ(found->giaddr, A.giaddr);
  EXPECT_EQ(found->vlans[0], 5);
  EXPECT_EQ(found->client.length, 6);
}

// Where the parser of the rule gives up, but the client can be told all the same.
TEST(DhcpFrameTest, IsFoundInWhatTheRuleDoesNotLookAt) {
  const Copy copy = A.brings(udhcpc().discover());
  EXPECT_TRUE(find_dhcp(A.but(&Router::giaddr, 0).brings(udhcpc().discover()).bytes()));
  EXPECT_TRUE(find_dhcp(copy.but(&Copy::destination_port, 68).bytes()));
  EXPECT_FALSE(find_dhcp(copy.but(&Copy::destination_port, 69).bytes()));
  EXPECT_FALSE(find_dhcp(copy.but(&Copy::fragment, 0x0001).bytes()));
}

const Router6 A6 = {"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6};
const Router6 B6 = {"B", "02:00:00:30:00:03"_mac, "fd20:30::3"_ip6, "fd20:20::3"_ip6};

TEST(DhcpFrameTest, TellsWhatIsInADhcp6Message) {
  const Bytes bytes = B6.brings(solicit(), {A6}).tagged({{5}}).bytes();
  const auto found = find_dhcp(bytes);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->reply);
  EXPECT_EQ(message_type(found->family, found->type), "SOLICIT");
  EXPECT_EQ(found->client.text(), "00:01:00:01:2c:11:22:33:02:57:00:00:00:01");
  EXPECT_EQ(found->source_ip, B6.ip);
  EXPECT_EQ(found->giaddr, A6.link);
  EXPECT_EQ(found->peer, solicit().peer);
  EXPECT_EQ(found->xid, solicit().transaction);
  EXPECT_EQ(found->vlans[0], 5);
}

TEST(DhcpFrameTest, ADhcp6ServersAnswer) {
  Bytes address = Bytes(12, 0);
  put(address, encode(Options6{
                   {5, {0xfd, 0x20, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1}}}));
  const Transmission6 advertise = solicit().but(&Transmission6::type, kAdvertise).with({kIaNa, address});
  const Copy6 answer = A6.brings(advertise);
  Bytes payload = answer.relayed();
  payload[0] = kRelayRepl;
  for (const Bytes& bytes :
       {answer.but(&Copy6::payload, payload).bytes(), answer.bytes(),
        answer.but(&Copy6::payload, advertise.bytes()).but(&Copy6::destination_port, 546).bytes()}) {
    const auto found = find_dhcp(bytes);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->reply);
    EXPECT_EQ(found->yiaddr, "fd20:20::7"_ip6);
  }
}

TEST(DhcpFrameTest, AClientIsKnownByItsHardwareAddressInBothFamilies) {
  const auto is_of = [](const Copy6& copy, std::string_view who) {
    const Bytes bytes = copy.bytes();
    return find_dhcp(bytes)->is_of(*client_id_of(who));
  };
  const Copy6 copy = A6.brings(solicit().but(&Transmission6::peer, "fe80::1"_ip6));
  EXPECT_TRUE(is_of(copy, "02:57:00:00:00:01")) << "DUID-LLT";
  EXPECT_TRUE(is_of(copy, "00:01:00:01:2c:11:22:33:02:57:00:00:00:01"));
  EXPECT_FALSE(is_of(copy, "02:57:00:00:00:02"));
  EXPECT_TRUE(
      is_of(A6.brings(solicit().with({kDuid, {0, 3, 0, 1, 2, 0x57, 0, 0, 0, 2}})), "02:57:00:00:00:02"));
  const Transmission6 uuid =
      solicit().with({kDuid, {0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}});
  EXPECT_TRUE(is_of(A6.brings(uuid), "02:57:00:00:00:01")) << "fe80::57:ff:fe00:1 (EDK2)";
  EXPECT_FALSE(is_of(A6.brings(uuid), "02:57:00:00:00:02"));
}

TEST(DhcpFrameTest, NeverReadsBeyondTheEndOfADhcp6Message) {
  const Bytes whole = B6.brings(solicit(), {A6}).bytes();
  size_t found = 0;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Bytes part(whole.begin(),
                     whole.begin() + static_cast<std::ptrdiff_t>(size));  // on a heap of its own
    const auto message = find_dhcp(part);
    found += message && message->client.length == 14;
  }
  EXPECT_GT(found, 30u) << "what is behind the DUID may be cut off";
}

TEST(DhcpFrameTest, NeverReadsBeyondTheEnd) {
  const Bytes whole = A.brings(udhcpc().discover()).bytes();
  constexpr size_t kChaddrEnd = 14 + 20 + 8 + 44;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Bytes part(whole.begin(),
                     whole.begin() + static_cast<std::ptrdiff_t>(size));  // on a heap of its own
    EXPECT_EQ(find_dhcp(part).has_value(), size >= kChaddrEnd) << size;
  }
}

TEST(DhcpFrameTest, MessageTypesInWords) {
  EXPECT_EQ(message_type(Family::v4, 0), "BOOTP");
  EXPECT_EQ(message_type(Family::v4, 5), "ACK");
  EXPECT_EQ(message_type(Family::v4, 10), "LEASEQUERY");
  EXPECT_EQ(message_type(Family::v4, 99), "type 99");
  EXPECT_EQ(message_type(Family::v6, 1), "SOLICIT");
  EXPECT_EQ(message_type(Family::v6, 11), "INFORMATION-REQUEST");
  EXPECT_EQ(message_type(Family::v6, 0), "type 0");
}

}  // namespace
}  // namespace relaysieve::test
