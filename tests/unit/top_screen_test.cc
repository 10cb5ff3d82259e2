// SPDX-License-Identifier: Apache-2.0
#include "status/top_screen.h"

#include <gtest/gtest.h>

#include <string>

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;

constexpr TopSize kRoomy = {50, 120};

Json status(double uptime) {
  Json status = Json::parse(R"({
    "version": "0.1.0", "mode": "enforce",
    "look_at": {"level": "warning", "text": "mode monitor: look", "command": "relaysieve mode enforce"},
    "rates": {"over_seconds": 10, "requests": 12.5, "dropped": 6,
              "ports": [{"name": "eth1", "rx_frames": 30, "rx_bits": 12345, "tx_frames": 9, "tx_bits": 900, "refused": 0, "missed": 2},
                        {"name": "eth2", "rx_frames": 9, "rx_bits": 900, "tx_frames": 20, "tx_bits": 2000, "refused": 1.5, "missed": 0}]}
  })");
  status["uptime_seconds"] = uptime;
  return status;
}

Json relay(const std::string& ip, int copies, int dropped, int late, double last_seen) {
  return {{"port", "eth1"},
          {"mac", "02:00:00:00:00:01"},
          {"ip", ip},
          {"giaddr", ip},
          {"copies", copies},
          {"first_copies", 0},
          {"second_copies", dropped},
          {"turns", 0},
          {"late_copies", late},
          {"last_seen_s", last_seen}};
}

Json client(const std::string& mac, int requests, int dropped) {
  return {{"client", mac},
          {"requests", requests},
          {"forwarded", requests - dropped},
          {"dropped", dropped},
          {"type", "DISCOVER"}};
}

TopLook look(double uptime, Json relays, Json clients) {
  return {status(uptime), {{"relays", std::move(relays)}}, {{"seconds", 2}, {"clients", std::move(clients)}}};
}

// Where the lines begin that hold these words.
std::vector<std::string> lines_with(const std::vector<TopLine>& lines, const std::string& words) {
  std::vector<std::string> found;
  for (const TopLine& line : lines)
    if (line.text.find(words) != std::string::npos) found.push_back(line.text);
  return found;
}

std::vector<std::string> first_words(const std::vector<std::string>& lines) {
  std::vector<std::string> words;
  for (const std::string& line : lines) words.push_back(line.substr(0, line.find(' ')));
  return words;
}

TEST(TopScreen, BeginsWithWhatTheStatusSaysAndEndsWithTheKeys) {
  const auto lines = top_screen(look(100, Json::array(), Json::array()), nullptr, TopOrder::copies, kRoomy);
  ASSERT_GT(lines.size(), 6);
  EXPECT_EQ(lines[0].text, "relaysieved 0.1.0, mode enforce, up 1m40s");
  EXPECT_EQ(lines[1].text, "mode monitor: look; next: relaysieve mode enforce");
  EXPECT_EQ(lines[1].level, Level::warning);
  EXPECT_EQ(lines_with(lines, "eth1").size(), 1);
  EXPECT_EQ(lines_with(lines, "requests 12.5/s, dropped 6.0/s; frames refused 1.5/s, missed 2.0/s").size(),
            1);
  EXPECT_EQ(lines.back().kind, TopLine::Kind::footer);
  EXPECT_EQ(lines.back().text, "q quit   order by  [c copies]   d dropped   l late   r recent");
}

TEST(TopScreen, RatesAreOfTheTimeBetweenTwoLooks) {
  const TopLook before = look(100, Json::array({relay("10.0.0.1", 1000, 500, 0, 1)}), Json::array());
  const TopLook now = look(
      104, Json::array({relay("10.0.0.1", 1040, 508, 3, 0), relay("10.0.0.2", 20, 0, 0, 7)}), Json::array());
  const auto rows = lines_with(top_screen(now, &before, TopOrder::copies, kRoomy), "10.0.0.");
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0],
            "10.0.0.1         02:00:00:00:00:01  eth1             10.0        2.0          3         0 s");
  EXPECT_EQ(rows[1],
            "10.0.0.2         02:00:00:00:00:01  eth1              5.0          0          0         7 s");
  // Without an earlier look, since the start.
  EXPECT_EQ(lines_with(top_screen(before, nullptr, TopOrder::copies, kRoomy), "10.0.0.1")[0].substr(48, 9),
            "     10.0");
}

TEST(TopScreen, EachKeyPutsOthersFirst) {
  const TopLook now =
      look(10,
           Json::array({relay("10.0.0.1", 50, 10, 1, 5), relay("10.0.0.2", 40, 30, 0, 1),
                        relay("10.0.0.3", 30, 20, 9, 9)}),
           Json::array({client("02:00:00:00:00:0a", 8, 1), client("02:00:00:00:00:0b", 6, 3)}));
  const auto order = [&](TopOrder by) {
    return first_words(lines_with(top_screen(now, nullptr, by, kRoomy), "10.0.0."));
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(order(TopOrder::copies), (Words{"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(order(TopOrder::dropped), (Words{"10.0.0.2", "10.0.0.3", "10.0.0.1"}));
  EXPECT_EQ(order(TopOrder::late), (Words{"10.0.0.3", "10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(order(TopOrder::recent), (Words{"10.0.0.2", "10.0.0.1", "10.0.0.3"}));
  const auto clients = [&](TopOrder by) {
    return first_words(lines_with(top_screen(now, nullptr, by, kRoomy), "DISCOVER"));
  };
  EXPECT_EQ(clients(TopOrder::copies), (Words{"02:00:00:00:00:0a", "02:00:00:00:00:0b"}));
  EXPECT_EQ(clients(TopOrder::dropped), (Words{"02:00:00:00:00:0b", "02:00:00:00:00:0a"}));
  EXPECT_EQ(top_screen(now, nullptr, TopOrder::late, kRoomy).back().text,
            "q quit   order by   c copies   d dropped  [l late]   r recent");
}

TEST(TopScreen, NothingIsWiderOrLongerThanTheTerminal) {
  Json relays = Json::array(), clients = Json::array();
  for (int i = 0; i < 200; ++i) {
    relays.push_back(relay("10.0.0." + std::to_string(i), i, 0, 0, 0));
    clients.push_back(client("02:00:00:00:00:" + std::to_string(100 + i), i, 0));
  }
  const TopLook now = look(10, relays, clients);
  for (size_t rows = 0; rows < 60; ++rows) {
    for (const size_t columns : {1, 20, 80, 200}) {
      const auto lines = top_screen(now, nullptr, TopOrder::copies, {rows, columns});
      EXPECT_LE(lines.size(), rows);
      for (const TopLine& line : lines) EXPECT_LE(line.text.size(), columns);
      if (rows > 0) {
        EXPECT_EQ(lines.back().kind, TopLine::Kind::footer);
      }
    }
  }
  // Both lists get their share of what room there is, and the busiest are kept.
  const auto lines = top_screen(now, nullptr, TopOrder::copies, {40, 120});
  EXPECT_EQ(lines.size(), 40);
  EXPECT_NEAR(static_cast<double>(lines_with(lines, "10.0.0.").size()),
              static_cast<double>(lines_with(lines, "DISCOVER").size()), 1);
  EXPECT_EQ(lines_with(lines, "10.0.0.199 ").size(), 1);
}

TEST(TopScreen, AListThatIsShortLeavesItsRoomToTheOther) {
  Json relays = Json::array();
  for (int i = 0; i < 200; ++i) relays.push_back(relay("10.0.0." + std::to_string(i), i, 0, 0, 0));
  const auto lines = top_screen(look(10, relays, Json::array({client("02:00:00:00:00:0a", 1, 0)})), nullptr,
                                TopOrder::copies, {40, 120});
  EXPECT_EQ(lines.size(), 40);
  EXPECT_EQ(lines_with(lines, "DISCOVER").size(), 1);
}

TEST(TopScreen, WhatIsNotToldIsLeftOut) {
  const auto lines = top_screen({status(10), nullptr, nullptr}, nullptr, TopOrder::copies, kRoomy);
  EXPECT_EQ(lines.back().kind, TopLine::Kind::footer);
}

}  // namespace
}  // namespace relaysieve
