// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "settings/settings_read.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using Shape = Setting::Shape;

Settings with(std::string_view name, std::string_view text) {
  Settings settings;
  const auto status = setting(name).set(settings, "", text);
  EXPECT_TRUE(status.ok()) << status;
  return settings;
}

bool takes(std::string_view name, std::string_view text) {
  Settings settings;
  return setting(name).set(settings, "", text).ok();
}

TEST(SettingsTable, EachSettingIsThereOnceAndExplained) {
  std::set<std::string_view> names;
  for (const Setting& s : settings_table()) {
    EXPECT_TRUE(names.insert(s.name).second) << s.name;
    EXPECT_FALSE(s.sentence.empty()) << s.name;
    EXPECT_FALSE(s.allowed.empty()) << s.name;
    EXPECT_EQ(&setting(s.name), &s);
  }
  EXPECT_EQ(names.size(), 24u);
}

// What is printed can be given again, and the default changes nothing.
TEST(SettingsTable, WhatIsPrintedIsTaken) {
  for (const Setting& s : settings_table()) {
    if (s.shape == Shape::list || s.shape == Shape::groups) continue;
    EXPECT_EQ(s.print(with(s.name, s.print(Settings()))), s.print(Settings())) << s.name;
  }
  EXPECT_EQ(setting("window").print(with("window", "1500ms")), "1.5s");
  EXPECT_EQ(setting("trusted_relays").print(with("trusted_relays", "10.0.0.0/8")), R"(["10.0.0.0/8"])");
  EXPECT_EQ(setting("trusted_relays").print(with("trusted_relays", "10.0.0.1/32")), R"(["10.0.0.1"])");
  EXPECT_EQ(setting("trusted_relays").print(with("trusted_relays", "FD20:0::20:0/112")),
            R"(["fd20::20:0/112"])");
  EXPECT_EQ(setting("trusted_relays").print(with("trusted_relays", "fd20::1/128")), R"(["fd20::1"])");
}

TEST(SettingsTable, DefaultsAreThePolicys) {
  EXPECT_EQ(setting("window").print(Settings()), "1s");
  EXPECT_EQ(setting("echo_window").print(Settings()), "100ms");
  EXPECT_EQ(setting("turn_after").print(Settings()), "2.5s");
  EXPECT_EQ(setting("mode").print(Settings()), "enforce");
  EXPECT_EQ(setting("clients").print(Settings()), "262144");
}

TEST(SettingsTable, ValuesReachThePolicy) {
  EXPECT_EQ(with("window", "250ms").policy.window, 250ms);
  EXPECT_EQ(with("echo_window", "250us").policy.echo_window, 250us);
  EXPECT_EQ(with("turn_after", "0").policy.turn_after, 0ms);
  EXPECT_EQ(with("mode", "bypass").policy.mode, Mode::bypass);
  EXPECT_EQ(with("match", "identity").policy.match, Match::identity);
  EXPECT_EQ(with("scope", "exact").policy.scope, ScopeRule::exact);
  EXPECT_EQ(with("subnet_bits", "0").policy.subnet_bits, 0);
  EXPECT_TRUE(with("ignore_vlan", "true").policy.ignore_vlan);
  EXPECT_EQ(with("trusted_relays", "10.1.0.0/16").policy.trusted_relays[0].address, Address(0x0A010000u));
  EXPECT_EQ(with("clients", "64").clients, 64u);
}

TEST(SettingsTable, LimitsHoldOnBothSides) {
  for (const char* text : {"10ms", "5s"}) EXPECT_TRUE(takes("window", text)) << text;
  for (const char* text : {"9999us", "5001ms", "-1s", "inf", "", "1", "s"})
    EXPECT_FALSE(takes("window", text)) << text;
  for (const char* text : {"0", "199ms", "199999us"}) EXPECT_TRUE(takes("echo_window", text)) << text;
  for (const char* text : {"200ms", "-1ms"}) EXPECT_FALSE(takes("echo_window", text)) << text;
  for (const char* text : {"0", "60s"}) EXPECT_TRUE(takes("turn_after", text)) << text;
  EXPECT_FALSE(takes("turn_after", "60001ms"));
  for (const char* text : {"0", "32"}) EXPECT_TRUE(takes("subnet_bits", text)) << text;
  for (const char* text : {"33", "-1", "256", "24 ", "0x18"})
    EXPECT_FALSE(takes("subnet_bits", text)) << text;
  for (const char* text : {"0", "64", "128"}) EXPECT_TRUE(takes("subnet6_bits", text)) << text;
  EXPECT_FALSE(takes("subnet6_bits", "129"));
  for (const char* text : {"64", "16777216"}) EXPECT_TRUE(takes("clients", text)) << text;
  for (const char* text : {"63", "16777217", "99999999999999999999"})
    EXPECT_FALSE(takes("clients", text)) << text;
  for (const char* text :
       {"10.0.0.1", "0.0.0.0/0", "10.0.0.0/32", "::1", "2001:db8::/32", "::/0", "fd20::1/128"})
    EXPECT_TRUE(takes("trusted_relays", text)) << text;
  for (const char* text :
       {"10.0.0", "10.0.0.0/33", "10.0.0.0/", "::1::", "fd20::/129", "fe80::1%eth0", "relay"})
    EXPECT_FALSE(takes("trusted_relays", text)) << text;
  for (const char* text : {"off", "127.0.0.1:9467"}) EXPECT_TRUE(takes("metrics", text)) << text;
  for (const char* text : {"on", "9467", "127.0.0.1:0", "127.0.0.1:65536", ":9467", "::1:9467"})
    EXPECT_FALSE(takes("metrics", text)) << text;
}

TEST(SettingsTable, Ports) {
  for (const char* text : {"eth1", "0000:01:00.0", "vdev:net_pcap0,rx_pcap=a.pcap,tx_pcap=b.pcap"}) {
    EXPECT_TRUE(takes("routers", text) && takes("server", text)) << text;
    EXPECT_FALSE(takes("wire", text)) << text;
  }
  for (const char* text : {"eth1,eth2", "vdev:net_pcap0,rx_pcap=a.pcap,eth2"}) {
    EXPECT_TRUE(takes("wire", text)) << text;
    EXPECT_FALSE(takes("routers", text) || takes("server", text)) << text;
  }
  EXPECT_FALSE(takes("routers", "") || takes("wire", "") || takes("wire", "eth1,") || takes("wire", "a,b,c"));
  EXPECT_EQ(setting("routers").split("eth1,vdev:a,b=c,eth2"),
            (std::vector<std::string>{"eth1", "vdev:a,b=c", "eth2"}));
}

TEST(SettingsTable, ANameThatWasMeant) {
  EXPECT_EQ(no_such_setting("windwo"), R"("windwo" is not a setting: did you mean window?)");
  EXPECT_EQ(no_such_setting("echo-windw"), R"("echo-windw" is not a setting: did you mean echo_window?)");
  EXPECT_EQ(no_such_setting("relay_group"), R"("relay_group" is not a setting: did you mean relay_groups?)");
  EXPECT_EQ(no_such_setting("wires"), R"("wires" is not a setting: did you mean wire?)");
  for (const char* name : {"colour", "", "x", "an unusually long name that resembles nothing"})
    EXPECT_NE(no_such_setting(name).find("is not a setting; these are: mode, window, "), std::string::npos)
        << name;
}

TEST(SettingsTable, ARefusedValueChangesNothing) {
  Settings settings;
  settings.policy.window = 2s;
  EXPECT_FALSE(setting("window").set(settings, "", "6s").ok());
  EXPECT_EQ(settings.policy.window, 2s);
}

TEST(SettingsTable, ClearedIsTheDefault) {
  Settings settings = with("window", "2s");
  setting("window").clear(settings);
  EXPECT_EQ(settings.policy.window, 1s);
  settings = with("trusted_relays", "10.0.0.0/8");
  setting("trusted_relays").clear(settings);
  EXPECT_TRUE(settings.policy.trusted_relays.empty());
  ASSERT_TRUE(setting("relay_groups").set(settings, "campus", "10.20.0.0/24").ok());
  setting("relay_groups").clear(settings);
  EXPECT_TRUE(settings.policy.relay_groups.empty() && settings.relay_group_names.empty());
}

// What the policy holds can change while frames flow; the rest is fixed at the start.
TEST(SettingsTable, WhatIsLive) {
  for (const Setting& s : settings_table()) {
    const bool fixed = s.name == "clients" || !s.offline;
    EXPECT_EQ(s.live, !fixed) << s.name;
  }
}

TEST(SettingsTable, GroupsKeepTheirNamesAndDoNotOverlap) {
  Settings settings;
  const Setting& groups = setting("relay_groups");
  EXPECT_TRUE(groups.set(settings, "campus", "10.20.0.0/24").ok());
  EXPECT_TRUE(groups.set(settings, "annex", "10.21.0.0/24").ok());
  EXPECT_TRUE(groups.set(settings, "campus", "10.20.0.0/16").ok()) << "inside one group they may";
  EXPECT_FALSE(groups.set(settings, "annex", "10.20.7.7").ok());
  EXPECT_FALSE(groups.set(settings, "third", "0.0.0.0/0").ok());
  EXPECT_EQ(settings.relay_group_names, (std::vector<std::string>{"campus", "annex"}));
  ASSERT_EQ(settings.policy.relay_groups.size(), 2u);
  EXPECT_EQ(settings.policy.relay_groups[0].size(), 2u);
  EXPECT_EQ(settings.policy.relay_groups[1].size(), 1u);
  EXPECT_EQ(groups.print(settings), R"({"campus":["10.20.0.0/24","10.20.0.0/16"],"annex":["10.21.0.0/24"]})");
}

// toml++ quotes what it could not read: a byte that moves a terminal's cursor must not get there.
TEST(SettingsFile, AnErrorHoldsNoControlCharacters) {
  const auto read = parse_settings("ignore_vlan = tru\x1b", "FILE", {});
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.status().message().find("saw 'tru\\x1b'"), absl::string_view::npos) << read.status();
}

}  // namespace
}  // namespace relaysieve
