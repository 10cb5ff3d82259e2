// SPDX-License-Identifier: Apache-2.0
#include "bootp_frame.h"

#include <gtest/gtest.h>

#include "support/clients.h"
#include "support/network.h"

namespace relaysieve::test {
namespace {

const Router A = {"A", "02:00:00:30:00:02"_mac, "10.30.0.2"_ip, "10.20.0.2"_ip};

TEST(ChaddrTest, IsReadAsPeopleWriteIt) {
  for (const char* text : {"52:54:00:12:34:5f", "52-54-00-12-34-5F", "5254.0012.345f", "52540012345F"}) {
    const auto chaddr = chaddr_of(text);
    ASSERT_TRUE(chaddr) << text;
    EXPECT_EQ(chaddr->text(), "52:54:00:12:34:5f") << text;
  }
  EXPECT_EQ(chaddr_of("07")->text(), "07");
  EXPECT_EQ(chaddr_of("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f")->length, 16);
}

TEST(ChaddrTest, IsNotReadFromAnythingElse) {
  for (const char* text :
       {"", ":", "5", "5:4", "52:54:", ":52:54", "52::54", "52:5g", "52-54:00", "52.54.00", "525.4",
        "5254.0012.", "52 54", "525", "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10"})
    EXPECT_FALSE(chaddr_of(text)) << text;
}

TEST(BootpFrameTest, TellsWhatIsInARelayedRequest) {
  const Bytes bytes = A.brings(udhcpc().discover()).tagged({{5}}).bytes();
  const auto found = find_bootp(bytes);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->reply);
  EXPECT_EQ(message_type(found->type), "DISCOVER");
  EXPECT_EQ(found->source_ip, A.ip);
  EXPECT_EQ(found->giaddr, A.giaddr);
  EXPECT_EQ(found->vlans[0], 5);
  EXPECT_EQ(found->client.length, 6);
}

// Where the parser of the rule gives up, but the client can be told all the same.
TEST(BootpFrameTest, IsFoundInWhatTheRuleDoesNotLookAt) {
  const Copy copy = A.brings(udhcpc().discover());
  EXPECT_TRUE(find_bootp(A.but(&Router::giaddr, 0).brings(udhcpc().discover()).bytes()));
  EXPECT_TRUE(find_bootp(copy.but(&Copy::destination_port, 68).bytes()));
  EXPECT_FALSE(find_bootp(copy.but(&Copy::destination_port, 69).bytes()));
  EXPECT_FALSE(find_bootp(copy.but(&Copy::fragment, 0x0001).bytes()));
}

TEST(BootpFrameTest, NeverReadsBeyondTheEnd) {
  const Bytes whole = A.brings(udhcpc().discover()).bytes();
  constexpr size_t kChaddrEnd = 14 + 20 + 8 + 44;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Bytes part(whole.begin(),
                     whole.begin() + static_cast<std::ptrdiff_t>(size));  // on a heap of its own
    EXPECT_EQ(find_bootp(part).has_value(), size >= kChaddrEnd) << size;
  }
}

TEST(BootpFrameTest, MessageTypesInWords) {
  EXPECT_EQ(message_type(0), "BOOTP");
  EXPECT_EQ(message_type(5), "ACK");
  EXPECT_EQ(message_type(10), "LEASEQUERY");
  EXPECT_EQ(message_type(99), "type 99");
}

}  // namespace
}  // namespace relaysieve::test
