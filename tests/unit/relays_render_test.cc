// SPDX-License-Identifier: Apache-2.0
#include "status/relays_render.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "relays/lag_text.h"
#include "relays/relays_json.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

void note(Census& census, uint32_t router, uint32_t first, Duration lag, Time now = 1s) {
  Verdict verdict;
  verdict.reason = router == first ? Reason::first_copy : Reason::second_copy;
  verdict.request = true;
  verdict.has_first = router != first;
  verdict.lag = lag;
  verdict.router = router;
  verdict.first_router = first;
  Frame frame;
  frame.time = now;
  census.note(frame, verdict);
}

nlohmann::ordered_json json_of(const Census& census, const RelaysKnown& known = {}) {
  return relays_json(CensusTotals(std::array<const Census*, 1>{&census}), 10s, known);
}

TEST(LagText, TimesHaveThreeDigits) {
  EXPECT_EQ(short_time(0.0), "0us");
  EXPECT_EQ(short_time(114.4), "114us");
  EXPECT_EQ(short_time(999.7), "1ms");
  EXPECT_EQ(short_time(6618us), "6.62ms");
  EXPECT_EQ(short_time(999.7e3), "1s");
  EXPECT_EQ(short_time(3900ms), "3.9s");
}

TEST(LagText, EveryCopyIsInOneBar) {
  Census census;
  note(census, 1, 1, 0ns);
  for (int i = 0; i < 6; ++i) note(census, 2, 1, 20us);
  for (int i = 0; i < 3; ++i) note(census, 2, 1, 200us);
  note(census, 2, 1, 60s);
  EXPECT_EQ(distribution_text(json_of(census).at("lag")),
            "  min 20us median 20.2us p90 199us p99 59.6s max 60s\n"
            "  to   30us         6  60.0%  ########################################\n"
            "  to  100us         0   0.0%\n"
            "  to  300us         3  30.0%  ####################\n"
            "  to    1ms         0   0.0%\n"
            "  to    3ms         0   0.0%\n"
            "  to   10ms         0   0.0%\n"
            "  to   30ms         0   0.0%\n"
            "  to  100ms         0   0.0%\n"
            "  to  300ms         0   0.0%\n"
            "  to     1s         0   0.0%\n"
            "  to     3s         0   0.0%\n"
            "  to    10s         0   0.0%\n"
            "  to    30s         0   0.0%\n"
            "  to   100s         1  10.0%  #######\n");
  EXPECT_EQ(distribution_text(json_of(Census()).at("lag")), "");
}

TEST(RelaysRender, SilentRelaysComeFirstAndAreMarked) {
  Census census;
  for (int i = 0; i < 9; ++i) note(census, 1, 1, 0ns, 10s);
  note(census, 2, 1, 1ms, 4s);
  const auto who =
      json_of(census, {.ports = {"eth1"}, .silent = [](uint32_t router) { return router == 2; }});
  const std::string plain = render_relays(who, Style());
  const size_t busy = plain.find("         9          9"), silent = plain.find("6.0s ago  SILENT\n");
  ASSERT_NE(silent, plain.npos) << plain;
  ASSERT_NE(busy, plain.npos) << plain;
  EXPECT_LT(silent, busy);
  EXPECT_EQ(plain.find('\x1b'), plain.npos);
  const std::string coloured = render_relays(who, Style::coloured());
  EXPECT_NE(coloured.find("SILENT\x1b["), coloured.npos) << "the whole line";
}

TEST(RelaysRender, BothDirectionsOfAPairAreOneBlock) {
  Census census;
  note(census, 1, 1, 0ns);
  for (int i = 0; i < 3; ++i) note(census, 2, 1, 1ms);
  note(census, 1, 2, 2ms);
  const std::string text = pairs_text(json_of(census));
  const size_t first = text.find("         3  75.0%"), second = text.find("         1  25.0%");
  ASSERT_NE(first, text.npos) << text;
  EXPECT_LT(first, second);
  EXPECT_EQ(text.find(" and "), text.rfind(" and "));
}

TEST(RelaysRender, ManyPairsAreCutAndCounted) {
  Census census;
  for (uint32_t router = 1; router <= 60; ++router) note(census, router, router, 0ns);
  for (uint32_t router = 2; router <= 60; ++router) note(census, router, 1, 1ms);
  auto who = json_of(census);
  for (size_t i = 0; i < who["pairs"].size(); ++i)
    who["pairs"][i]["second"]["ip"] = "10.0.0." + std::to_string(i);
  EXPECT_NE(pairs_text(who).find("\n  and 9 pairs more: --json has them\n"), std::string::npos);
}

TEST(RelaysRender, OthersAreOneLine) {
  Census census;
  for (uint32_t router = 1; router <= Census::kRelays + 7; ++router) note(census, router, router, 0ns);
  EXPECT_NE(
      render_relays(json_of(census, {.ports = {"eth1"}, .silent = [](uint32_t) { return false; }}), Style())
          .find("others, counted together"),
      std::string::npos);
  EXPECT_EQ(render_relays(json_of(Census()), Style()), "no relay has brought a request\n");
}

}  // namespace
}  // namespace relaysieve
