// SPDX-License-Identifier: Apache-2.0
#include "settings/live_settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;

// A settings file in a folder of its own, and the settings that a daemon has from it.
class LiveSettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "live_settings.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file() const { return folder_ + "/settings.toml"; }
  void write(std::string_view text) { std::ofstream(file(), std::ios::binary) << text; }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(file(), std::ios::binary).rdbuf();
    return all.str();
  }

  void start(std::string_view text, const GivenFlags& flags = {}) {
    write(text);
    const SettingsSource source{file(), flags};
    const auto settings = source.read();
    ASSERT_TRUE(settings.ok()) << settings.status();
    live_.emplace(*settings, source, [this](const Policy& policy) {
      ++adopted_;
      window_ = policy.window;
    });
  }
  std::string from(std::string_view name) const {
    const Settings settings = live_->get();
    const auto place = settings.from.find(name);
    if (place == settings.from.end()) return "default";
    return place->second.starts_with(file()) ? place->second.substr(file().size()) : place->second;
  }

  std::string folder_;
  std::optional<LiveSettings> live_;
  int adopted_ = 0;
  Duration window_{};
};

TEST_F(LiveSettingsTest, ASavedChangeIsInForceAndInTheFile) {
  start("# mine\nwindow = \"1s\" # ever\n[relay_groups]\na = [\"10.0.0.1\"]\n");
  const auto changes = live_->set(R"({"window": "800ms", "subnet_bits": 20})", /*save=*/true);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_EQ(changes->size(), 2u);
  EXPECT_EQ(text(),
            "# mine\nwindow = \"800ms\" # ever\nsubnet_bits = 20\n[relay_groups]\na = [\"10.0.0.1\"]\n");
  EXPECT_EQ(from("window"), ":2:10");
  EXPECT_EQ(from("subnet_bits"), ":3:15");
  EXPECT_EQ(from("relay_groups"), ":5:6") << "a line further down";
  EXPECT_EQ(adopted_, 1);
  EXPECT_EQ(window_, 800ms);
}

TEST_F(LiveSettingsTest, WhatIsOnlySetStaysOutOfTheFile) {
  start("window = \"1s\"\n");
  ASSERT_TRUE(live_->set(R"({"window": "800ms"})", /*save=*/false).ok());
  EXPECT_EQ(text(), "window = \"1s\"\n");
  EXPECT_EQ(from("window"), "set");
  // Saving another one does not save this.
  ASSERT_TRUE(live_->set(R"({"mode": "monitor"})", /*save=*/true).ok());
  EXPECT_EQ(text(), "window = \"1s\"\nmode = \"monitor\"\n");
  EXPECT_EQ(from("window"), "set");
  EXPECT_EQ(live_->get().policy.window, 800ms);
}

TEST_F(LiveSettingsTest, AnotherOrderIsNoChange) {
  start(
      "trusted_relays = [\"10.0.0.0/8\", \"192.0.2.1\"]\n[relay_groups]\na = [\"10.0.0.1\"]\nb = "
      "[\"10.0.0.2\"]\n");
  const auto changes = live_->set(
      R"({"trusted_relays": "192.0.2.1,10.0.0.0/8", "relay_groups": {"b": ["10.0.0.2"], "a": ["10.0.0.1"]}})",
      true);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_TRUE(changes->empty());
  EXPECT_EQ(adopted_, 0);
}

TEST_F(LiveSettingsTest, WhatCannotBeSavedChangesNothing) {
  const GivenFlags flags = {{&setting("echo_window"), "90ms"}};
  const auto refused = [&](std::string_view wanted) {
    const std::string before = text();
    const Settings old = live_->get();
    const auto changes = live_->set(wanted, true);
    EXPECT_FALSE(changes.ok()) << wanted;
    EXPECT_EQ(text(), before);
    EXPECT_TRUE(differences(old, live_->get()).empty());
    EXPECT_EQ(adopted_, 0);
    return std::string(changes.status().message());
  };
  start("window = \"1s\"\n", flags);
  EXPECT_EQ(
      refused(R"({"echo_window": "50ms", "mode": "monitor"})"),
      "echo_window: cannot be saved: the daemon was started with --echo-window, which wins over the file");
  write("window = \"1s\"\nwindwo = 1\n");
  EXPECT_EQ(refused(R"({"window": "2s"})"),
            file() + R"(:2:1: "windwo" is not a setting: did you mean window?)");
  write("window\n");
  EXPECT_EQ(refused(R"({"window": "2s"})").substr(0, file().size() + 5), file() + ":1:7:");
  // A key that the file gives a table to, or a table that others share.
  write("[window]\nx = 1\n");
  EXPECT_NE(refused(R"({"window": "2s"})"), "");
}

TEST_F(LiveSettingsTest, AMistakeIsRepairedByWhatIsSaved) {
  start("");
  write("window = 7\nmode = \"monitor\"\n");
  const auto changes = live_->set(R"({"window": "2s"})", true);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_EQ(text(), "window = \"2s\"\nmode = \"monitor\"\n");
  EXPECT_EQ(live_->get().policy.mode, Mode::enforce) << "read when it is reloaded";
}

TEST_F(LiveSettingsTest, AReloadTakesWhatIsLiveAndTellsTheRest) {
  start("window = \"1s\"\nclients = 128\n");
  ASSERT_TRUE(live_->set(R"({"subnet_bits": 20})", false).ok());
  write("\nclients = 256\nwindow = \"2s\"\nworkers = 1\n");
  const auto reloaded = live_->reload();
  ASSERT_TRUE(reloaded.ok()) << reloaded.status();
  ASSERT_EQ(reloaded->changes.size(), 2u);
  EXPECT_EQ(reloaded->changes[0].name, "window");
  EXPECT_EQ(reloaded->changes[1].name, "subnet_bits") << "only set: it goes back to what the file says";
  ASSERT_EQ(reloaded->pending.size(), 1u);
  EXPECT_EQ(reloaded->pending[0].name, "clients");
  EXPECT_EQ(live_->get().clients, 128u);
  EXPECT_EQ(from("clients"), ":2:11") << "as it was read";
  EXPECT_EQ(from("window"), ":3:10");
  EXPECT_EQ(window_, 2s);
}

TEST_F(LiveSettingsTest, AWrongFileLeavesAllAsItIs) {
  start("window = \"1s\"\n");
  ASSERT_TRUE(live_->set(R"({"window": "3s"})", false).ok());
  write("window = \"2s\"\nmode = 1\nmatch = 2\n");
  const auto reloaded = live_->reload();
  EXPECT_EQ(reloaded.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(live_->get().policy.window, 3s);
  EXPECT_EQ(from("window"), "set");
}

}  // namespace
}  // namespace relaysieve
