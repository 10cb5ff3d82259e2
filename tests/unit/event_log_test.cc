// SPDX-License-Identifier: Apache-2.0
// What is kept of the events, counted and passed on, by a clock of the test's own.
#include "events/event_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using enum EventKind;

struct Log {
  std::vector<std::string> lines;
  Time now{};
  EventLog log{[this](const Event& event) { lines.push_back(line_of(event)); }, [this] { return now; }};
};

struct Reader : Stream::Reader {
  void sleep() override {}
  void wake() override {}
  bool hung_up() override { return false; }
};

std::string read_all(Stream& stream) {
  std::string all(4 << 20, '\0');
  size_t size = 0;
  return stream.read(all.data(), all.size(), size) == Stream::Next::data ? all.substr(0, size) : "";
}

TEST(EventList, EachHasANameOfItsOwnAndEndsWhatItIsAbout) {
  std::set<std::string_view> names;
  for (const EventInfo& event : kEvents) {
    EXPECT_TRUE(names.insert(event.name).second) << event.name;
    EXPECT_EQ(info(event.ends).about, event.about) << event.name;
    EXPECT_EQ(info(info(event.ends).ends).name, info(event.ends).name) << event.name;
    EXPECT_FALSE(event.sentence.empty());
  }
}

TEST(EventLog, TellsAndKeeps) {
  Log test;
  EXPECT_TRUE(test.log.tell(link_lost, "eth1", "port eth1: link down"));
  EXPECT_TRUE(test.log.tell(flushed, "", "uid 0 flushed the memory"));
  EXPECT_EQ(test.lines, (std::vector<std::string>{"link_lost: port eth1: link down",
                                                  "flushed: uid 0 flushed the memory"}));
  const std::vector<Event> kept = test.log.kept();
  ASSERT_EQ(kept.size(), 2u);
  nlohmann::ordered_json first = to_json(kept[0]);
  first.erase("time");
  EXPECT_EQ(first.dump(), R"({"number":1,"level":"warning","event":"link_lost","port":"eth1","left_out":0,)"
                          R"("text":"port eth1: link down"})");
  EXPECT_FALSE(to_json(kept[1]).contains("daemon"));
  EXPECT_EQ(kept[1].number, 2u);
}

TEST(EventLog, CountsWhatItDoesNotTell) {
  Log test;
  for (int n = 0; n < 10; ++n) EXPECT_EQ(test.log.tell(late_copies, "A", "late"), n < 2);
  EXPECT_EQ(test.lines.size(), 2u);
  EXPECT_EQ(test.log.counts()[static_cast<size_t>(late_copies)], 10u);
  EXPECT_EQ(test.log.left_out(), 8u);
  test.now = 1min;
  test.log.tick();
  ASSERT_EQ(test.lines.size(), 3u);
  EXPECT_EQ(test.lines[2], "late_copies: late (7 more were left out)");
  EXPECT_EQ(test.log.left_out(), 7u);
}

TEST(EventLog, KeepsAThousandNumbered) {
  Log test;
  for (int n = 0; n < 1500; ++n, test.now += 1min) test.log.tell(flushed, "", "x");
  const std::vector<Event> kept = test.log.kept();
  ASSERT_EQ(kept.size(), 1000u);
  EXPECT_EQ(kept.front().number, 501u);
  EXPECT_EQ(kept.back().number, 1500u);
}

TEST(EventLog, WhoFollowsGetsWhatIsKeptAndWhatComes) {
  Log test;
  test.log.tell(flushed, "", "before");
  const auto stream = test.log.follow();
  Reader reader;
  stream->attach(reader);
  test.log.tell(link_lost, "a\nb", "after");
  const std::string all = read_all(*stream);
  EXPECT_EQ(std::ranges::count(all, '\n'), 2) << "a line each, whatever is in it: " << all;
  EXPECT_LT(all.find("before"), all.find("after"));
  stream->detach();
  test.log.tell(flushed, "", "nobody hears this");
  EXPECT_EQ(stream.use_count(), 1) << "who is gone is let go of";
}

TEST(EventLog, ASlowFollowerBlocksNobody) {
  Log test;
  const auto stream = test.log.follow();
  Reader reader;
  stream->attach(reader);
  const std::string text(10'000, 'x');
  for (int n = 0; n < 500; ++n, test.now += 1min) test.log.tell(flushed, "", text);
  EXPECT_EQ(test.lines.size(), 500u);
  EXPECT_GT(stream->lost(), 300u);
  EXPECT_GT(read_all(*stream).size(), 500'000u);
}

TEST(EventLog, ManyTellAtOnce) {
  std::atomic<size_t> told = 0;
  EventLog log([&](const Event&) { ++told; }, [] { return Time{}; });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int n = 0; n < 1000; ++n) log.tell(relay_new, std::to_string(t * 1000 + n), "x");
    });
  threads.clear();
  EXPECT_EQ(told, EventLimit::kOfAKind);
  EXPECT_EQ(log.kept().back().number, told);
  EXPECT_EQ(log.left_out(), 4000 - told);
}

}  // namespace
}  // namespace relaysieve
