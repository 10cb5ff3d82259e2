// SPDX-License-Identifier: Apache-2.0
// What becomes news of what has been counted of two relays, a look every second.
#include "events/relay_watch.h"

#include <gtest/gtest.h>

#include <string>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t kA = 0x0a1e0002, kB = 0x0a1e0003;  // 10.30.0.2, .3
const std::string kNameA = "10.30.0.2 (02:00:00:00:00:02)", kNameB = "10.30.0.3 (02:00:00:00:00:03)";

class RelayWatchTest : public testing::Test {
 protected:
  RelayWatchTest() {
    for (const uint32_t ip : {kA, kB}) {
      CensusTotals::Relay relay{
          .router = ip, .name = {.port = 1, .mac = {2, 0, 0, 0, 0, uint8_t(ip)}, .ip = ip, .giaddr = ip}};
      totals_.relays.push_back(relay);
    }
    totals_.pairs.push_back({.first = 0, .second = 1, .lag = {}, .twin_of = {}});
  }
  // One request, through both relays or through A alone.
  void request(bool both) {
    brings(0, Reason::first_copy);
    if (!both) return;
    brings(1, Reason::second_copy);
    totals_.pairs[0].lag.add(1ms);
  }
  void brings(size_t relay, Reason reason) {
    ++totals_.relays[relay].reasons[static_cast<size_t>(reason)];
    totals_.relays[relay].last_seen = now_;
  }
  // "relay_new 10.30.0.2 (...);" for each that is new.
  std::string look() {
    now_ += 1s;
    news_ = watch_.look(totals_, ports_, now_);
    std::string all;
    for (const Happening& one : news_) all += std::string(info(one.kind).name) + " " + one.about + ";";
    return all;
  }

  const std::vector<std::string> ports_ = {"server", "routers"};
  CensusTotals totals_;
  RelayWatch watch_;
  Time now_ = 100s;
  std::vector<Happening> news_;
};

TEST_F(RelayWatchTest, ANewRelayIsNewsOnce) {
  totals_.relays.pop_back();
  totals_.pairs.clear();
  EXPECT_EQ(look(), "relay_new " + kNameA + ";");
  EXPECT_EQ(news_[0].text, "relay " + kNameA + ": its first request, for 10.30.0.2, by port routers");
  brings(0, Reason::first_copy);
  EXPECT_EQ(look(), "");
}

TEST_F(RelayWatchTest, SilentAndBack) {
  look();
  for (int n = 0; n < 30; ++n) {
    request(true);
    EXPECT_EQ(look(), "");
  }
  std::string news;
  for (int n = 0; n < 100 && news.empty(); ++n, news = look()) request(false);
  EXPECT_EQ(news, "relay_silent " + kNameB + ";");
  EXPECT_TRUE(watch_.silent(kB));
  EXPECT_NE(news_[0].text.find(" has brought nothing for "), std::string::npos);
  request(true);
  EXPECT_EQ(look(), "relay_back " + kNameB + ";");
  EXPECT_FALSE(watch_.silent(kB));
}

TEST_F(RelayWatchTest, LateCopiesAreNewsWheneverThereAreMore) {
  look();
  brings(1, Reason::late_copy);
  EXPECT_EQ(look(), "late_copies " + kNameB + ";");
  EXPECT_NE(news_[0].text.find("1 copy has come after the window"), std::string::npos);
  EXPECT_EQ(look(), "");
  brings(1, Reason::late_copy);
  brings(1, Reason::late_copy);
  EXPECT_EQ(look(), "late_copies " + kNameB + ";");
  EXPECT_NE(news_[0].text.find("3 copies have"), std::string::npos);
  totals_.others.reasons[static_cast<size_t>(Reason::late_copy)] = 1;
  EXPECT_EQ(look(), "late_copies other;");
}

TEST_F(RelayWatchTest, RewritingRoutersAndTwins) {
  look();
  totals_.pairs[0].rewritten = 1;
  EXPECT_EQ(look(), "rewriting_router " + kNameB + ";");
  EXPECT_EQ(look(), "");
  totals_.pairs[0].twins = 5;
  EXPECT_EQ(look(), "twin_scopes " + kNameB + ";");
  EXPECT_NE(news_[0].text.find(kNameA), std::string::npos);
  EXPECT_EQ(look(), "");
}

}  // namespace
}  // namespace relaysieve
