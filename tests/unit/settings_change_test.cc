// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_change.h"

#include <gtest/gtest.h>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;

Changed changed(std::string_view wanted, const Settings& running = {}) {
  auto changed = change_settings(running, wanted);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return changed.ok() ? *changed : Changed{running, {}, {}};
}

std::string refused(std::string_view wanted, const Settings& running = {}) {
  const auto changed = change_settings(running, wanted);
  EXPECT_EQ(changed.status().code(), absl::StatusCode::kInvalidArgument) << wanted;
  return std::string(changed.status().message());
}

ordered_json value(const Settings& settings, const char* name) {
  return settings_json(settings)[name]["value"];
}

TEST(SettingsChange, WhatChangedFromWhatToWhat) {
  const Changed done = changed(R"({"mode": "monitor", "window": "800ms", "echo_window": "100ms"})");
  EXPECT_EQ(done.settings.policy.mode, Mode::monitor);
  EXPECT_EQ(done.settings.policy.window, 800ms);
  ASSERT_EQ(done.changes.size(), 2u) << "the echo window was 100ms before";
  EXPECT_EQ(done.changes[0].name, "mode");
  EXPECT_EQ(done.changes[0].from, "enforce");
  EXPECT_EQ(done.changes[0].to, "monitor");
  EXPECT_EQ(done.changes[1].name, "window");
  EXPECT_EQ(settings_json(done.settings)["window"]["from"], "set");
  EXPECT_EQ(settings_json(done.settings)["echo_window"]["from"], "default");
}

TEST(SettingsChange, JsonsOwnTypesAndTheTextOfAFlag) {
  for (const char* wanted :
       {R"({"subnet_bits": 20, "ignore_vlan": true, "trusted_relays": ["10.0.0.0/8", "192.0.2.1"]})",
        R"({"subnet_bits": "20", "ignore_vlan": "true", "trusted_relays": "10.0.0.0/8,192.0.2.1"})"}) {
    const Settings settings = changed(wanted).settings;
    EXPECT_EQ(settings.policy.subnet_bits, 20);
    EXPECT_TRUE(settings.policy.ignore_vlan);
    EXPECT_EQ(settings.policy.trusted_relays.size(), 2u);
    EXPECT_EQ(value(settings, "subnet_bits"), 20);
    EXPECT_EQ(value(settings, "ignore_vlan"), true);
    EXPECT_EQ(value(settings, "trusted_relays"), ordered_json({"10.0.0.0/8", "192.0.2.1"}));
  }
}

TEST(SettingsChange, ANumberThatJsonCannotHoldIsRefused) {
  EXPECT_EQ(refused(R"({"subnet_bits": 1e999})"), "not JSON that can be read: a number is too large");
}

// A list and groups are replaced, not added to.
TEST(SettingsChange, AValueReplacesTheOldOne) {
  Settings settings =
      changed(R"({"trusted_relays": ["10.0.0.0/8"], "server_groups": {"wds": ["10.0.0.1", "10.0.0.2"]},
                                  "relay_groups": {"b": ["10.2.0.0/16"], "a": ["10.1.0.0/16"]}})")
          .settings;
  EXPECT_EQ(value(settings, "relay_groups").dump(), R"({"b":["10.2.0.0/16"],"a":["10.1.0.0/16"]})");
  EXPECT_EQ(value(settings, "server_groups").dump(), R"({"wds":["10.0.0.1","10.0.0.2"]})");

  settings =
      changed(R"({"trusted_relays": ["10.9.0.0/16"], "relay_groups": {"c": ["10.1.0.0/24"]}})", settings)
          .settings;
  EXPECT_EQ(value(settings, "trusted_relays"), ordered_json({"10.9.0.0/16"}));
  EXPECT_EQ(settings.relay_group_names, std::vector<std::string>{"c"});
  ASSERT_EQ(settings.policy.relay_groups.size(), 1u);
  EXPECT_EQ(settings.policy.server_groups.size(), 1u) << "not named, not changed";

  settings = changed(R"({"trusted_relays": "", "relay_groups": {}, "server_groups": {}})", settings).settings;
  EXPECT_TRUE(settings.policy.trusted_relays.empty() && settings.policy.relay_groups.empty());
  EXPECT_EQ(value(settings, "trusted_relays").dump(), "[]");
  EXPECT_EQ(value(settings, "relay_groups").dump(), "{}");
}

TEST(SettingsChange, WhatIsShownIsTaken) {
  const Settings settings =
      changed(R"({"relay_groups": {"a": ["10.1.0.0/16"]}, "turn_after": "0", "match": "identity"})").settings;
  const ordered_json shown_all = settings_json(settings);
  ordered_json all;
  for (const auto& [name, shown] : shown_all.items())
    if (shown["live"]) all[name] = shown["value"];
  EXPECT_EQ(all.size(), 13u);
  EXPECT_TRUE(changed(all.dump(), settings).changes.empty());
}

TEST(SettingsChange, NothingWantedNothingChanged) {
  EXPECT_TRUE(changed("{}").changes.empty());
  EXPECT_TRUE(changed(R"({"window": "1000ms"})").changes.empty()) << "the same as 1s";
}

TEST(SettingsChange, WrongTypesAndLimits) {
  EXPECT_EQ(refused(R"({"window": 1})"), "window: 1 is not a duration such as 250ms, from 10ms to 5s");
  EXPECT_EQ(refused(R"({"window": "6s"})"),
            "window: \"6s\" is not a duration such as 250ms, from 10ms to 5s");
  EXPECT_EQ(refused(R"({"mode": ["enforce"]})"), "mode: an array is not enforce or monitor or bypass");
  EXPECT_EQ(refused(R"({"mode": null})"), "mode: null is not enforce or monitor or bypass");
  EXPECT_EQ(refused(R"({"subnet_bits": 24.5})"), "subnet_bits: 24.5 is not a whole number from 0 to 32");
  EXPECT_EQ(refused(R"({"subnet_bits": 33})"), "subnet_bits: \"33\" is not a whole number from 0 to 32");
  EXPECT_EQ(refused(R"({"subnet_bits": true})"), "subnet_bits: true is not a whole number from 0 to 32");
  EXPECT_EQ(refused(R"({"ignore_vlan": 1})"), "ignore_vlan: 1 is not true or false");
  EXPECT_EQ(refused(R"({"echo_window": "200ms"})").find("echo_window: \"200ms\" is not a duration"), 0u);
  EXPECT_EQ(refused(R"({"trusted_relays": {"a": 1}})").find("trusted_relays: an object is not an array; "),
            0u);
  EXPECT_EQ(refused(R"({"trusted_relays": ["10.0.0.1", 7]})")
                .find("trusted_relays: 7 is not an IP address or network"),
            0u);
  EXPECT_EQ(refused(R"({"relay_groups": ["10.0.0.1"]})"),
            "relay_groups: an array is not an object of groups");
  EXPECT_EQ(
      refused(R"({"relay_groups": {"a": "10.0.0.1"}})").find("relay_groups.a: \"10.0.0.1\" is not an array"),
      0u);
  EXPECT_EQ(refused(R"({"relay_groups": {"a": ["10.0.0.1"], "b": ["10.0.0.0/8"]}})"),
            "relay_groups.b: \"10.0.0.0/8\" overlaps with group a: one group for each address");
}

TEST(SettingsChange, TheWindowsMustAgree) {
  EXPECT_EQ(refused(R"({"window": "50ms"})"), "window: 50ms is not above the echo_window, 100ms: set both");
  EXPECT_EQ(refused(R"({"window": "50ms", "echo_window": "50ms"})"),
            "echo_window: 50ms is not below the window, 50ms");
  const Settings settings = changed(R"({"window": "50ms", "echo_window": "40ms"})").settings;
  EXPECT_EQ(refused(R"({"echo_window": "60ms"})", settings),
            "echo_window: 60ms is not below the window, 50ms");
}

TEST(SettingsChange, WhatIsFixedAtTheStart) {
  const std::string sentence = ": cannot change while frames flow: restart relaysieved with another one";
  for (const std::string name : {"clients", "control", "metrics", "routers", "server", "driver"})
    EXPECT_EQ(refused("{\"" + name + "\": \"7\"}"), name + sentence);
}

TEST(SettingsChange, EveryMistakeIsALineAndNothingIsChanged) {
  const std::string lines =
      refused(R"({"windwo": "1s", "mode": "monitor", "clients": 64, "window": "1h", "a\nb": 1})");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3) << lines;
  EXPECT_EQ(lines.find("\"windwo\" is not a setting: did you mean window?"), 0u);
  EXPECT_NE(lines.find("\nclients: "), lines.npos);
  EXPECT_NE(lines.find("\nwindow: \"1h\""), lines.npos);
  EXPECT_NE(lines.find("\n\"a\\nb\" is not a setting"), lines.npos);
}

TEST(SettingsChange, WhatIsNoObject) {
  EXPECT_EQ(refused(""), "not JSON, at byte 1");
  EXPECT_EQ(refused(R"({"mode": monitor})"), "not JSON, at byte 10");
  EXPECT_EQ(refused("{\"mode\": \"\xff\"}").find("not JSON, at byte "), 0u);
  for (const char* text : {"[]", "7", "null", "\"mode\""})
    EXPECT_EQ(refused(text), "not a JSON object of settings and values");
  EXPECT_EQ(refused(R"({"mode": "monitor", "mode": "enforce"})"), "\"mode\" is given twice");
  EXPECT_EQ(refused(R"({"relay_groups": {"a": [], "a": []}})"), "\"a\" is given twice");
  EXPECT_EQ(refused(std::string(60'000, '[')), "not JSON, at byte 60001");
  EXPECT_EQ(refused(std::string(30'000, '[') + std::string(30'000, ']')),
            "not a JSON object of settings and values");
}

}  // namespace
}  // namespace relaysieve
