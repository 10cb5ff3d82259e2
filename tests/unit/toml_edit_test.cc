// SPDX-License-Identifier: Apache-2.0
#include "settings/toml_edit.h"

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

std::string edited(std::string_view text, std::string_view key, const std::string& value) {
  const auto done = edit_toml(text, key, ordered_json::parse(value));
  EXPECT_TRUE(done.ok()) << done.status();
  if (!done.ok()) return "";
  // Whatever comes out is TOML, and says what was wanted.
  const toml::table table = toml::parse(*done);
  std::ostringstream said;
  const toml::node_view node = table[key];
  if (node) said << toml::json_formatter(toml::table{{"v", *node.node()}});
  const ordered_json read = node ? ordered_json::parse(said.str())["v"] : ordered_json();
  const ordered_json wanted = ordered_json::parse(value);
  if (wanted.is_array()) {
    EXPECT_EQ(std::multiset<ordered_json>(read.begin(), read.end()),
              std::multiset<ordered_json>(wanted.begin(), wanted.end()));
  } else if (node || !wanted.empty()) {
    EXPECT_EQ(nlohmann::json(read), nlohmann::json(wanted)) << *done;
  }
  return *done;
}

TEST(TomlEdit, AValueIsReplacedInItsPlace) {
  EXPECT_EQ(edited("window = \"1s\"   # why\nmode = \"monitor\"\n", "window", R"("800ms")"),
            "window = \"800ms\"   # why\nmode = \"monitor\"\n");
  EXPECT_EQ(edited("  window='1s'# x", "window", R"("800ms")"), "  window=\"800ms\"# x");
  EXPECT_EQ(edited("\"window\" = \"\"\"\n1s\"\"\" # x\nclients = 64", "window", R"("2s")"),
            "\"window\" = \"2s\" # x\nclients = 64");
  EXPECT_EQ(edited("clients=0x40#c\n", "clients", "128"), "clients=128#c\n");
  EXPECT_EQ(edited("ignore_vlan = false\n[t]\n", "ignore_vlan", "true"), "ignore_vlan = true\n[t]\n");
}

TEST(TomlEdit, CharactersAreNotBytes) {
  EXPECT_EQ(edited("\"gr\xc3\xbc\xc3\x9f\" = \"\xf0\x9f\x9a\x80\" # \xc3\xa4\na = 1\n", "gr\xc3\xbc\xc3\x9f",
                   R"("x")"),
            "\"gr\xc3\xbc\xc3\x9f\" = \"x\" # \xc3\xa4\na = 1\n");
  EXPECT_EQ(edited("list = [\"\xc3\xa4\xc3\xb6\",\n \"b\"] # \xc3\xbc\n", "list", R"(["b"])"),
            "list = [\n \"b\"] # \xc3\xbc\n");
  EXPECT_EQ(edited("\xef\xbb\xbfwindow = \"1s\"\r\nx = 1\r\n", "window", R"("2s")"),
            "\xef\xbb\xbfwindow = \"2s\"\r\nx = 1\r\n");
}

TEST(TomlEdit, ANewKeyComesBeforeTheFirstTable) {
  EXPECT_EQ(edited(" [t]", "window", R"("2s")"), "window = \"2s\"\n\n [t]");  // a header that is indented
  EXPECT_EQ(edited("# of t\n\t[t]\nx = 1\n", "window", R"("2s")"),
            "window = \"2s\"\n\n# of t\n\t[t]\nx = 1\n");
  EXPECT_EQ(edited("", "window", R"("2s")"), "window = \"2s\"\n");
  EXPECT_EQ(edited("# mine\n", "window", R"("2s")"), "# mine\nwindow = \"2s\"\n");
  EXPECT_EQ(edited("a = 1", "window", R"("2s")"), "a = 1\nwindow = \"2s\"\n");
  EXPECT_EQ(edited("a = 1 # one\n# end\n", "window", R"("2s")"), "a = 1 # one\nwindow = \"2s\"\n# end\n");
  EXPECT_EQ(edited("a = 1\r\n", "window", R"("2s")"), "a = 1\r\nwindow = \"2s\"\r\n");
  EXPECT_EQ(edited("a = [\n 1 ]\n\n# about t\n[t]\nb = 2\n", "window", R"("2s")"),
            "a = [\n 1 ]\nwindow = \"2s\"\n\n# about t\n[t]\nb = 2\n");
  EXPECT_EQ(edited("# title\n\n# about t\n[t]\nb = 2\n", "window", R"("2s")"),
            "# title\n\nwindow = \"2s\"\n\n# about t\n[t]\nb = 2\n");
  EXPECT_EQ(edited("[t]\nb = 2\n", "window", R"("2s")"), "window = \"2s\"\n\n[t]\nb = 2\n");
  EXPECT_EQ(edited("[[t]]\nb = 2\n[[t]]\n", "window", R"("2s")"), "window = \"2s\"\n\n[[t]]\nb = 2\n[[t]]\n");
  EXPECT_EQ(edited("d.x = 1\nd.y = [\n]\n[t]\n", "window", R"("2s")"),
            "d.x = 1\nd.y = [\n]\nwindow = \"2s\"\n[t]\n");
}

TEST(TomlEdit, ANewKeyComesAfterItsCommentedLine) {
  EXPECT_EQ(edited("# about\n#window = \"1s\"\n\n#echo_window = \"1ms\"\na = 1\n", "window", R"("2s")"),
            "# about\n#window = \"1s\"\nwindow = \"2s\"\n\n#echo_window = \"1ms\"\na = 1\n");
  EXPECT_EQ(edited("  #  window= 1", "window", R"("2s")"), "  #  window= 1\nwindow = \"2s\"\n");
  // In a table it would be the table's.
  EXPECT_EQ(edited("a = 1\n[t]\n#window = 1\n", "window", R"("2s")"),
            "a = 1\nwindow = \"2s\"\n[t]\n#window = 1\n");
  EXPECT_EQ(edited("#windows = 1\n# window is one\n", "window", R"("2s")"),
            "#windows = 1\n# window is one\nwindow = \"2s\"\n");
}

TEST(TomlEdit, AnArray) {
  EXPECT_EQ(edited("l = [ \"a\",\"b\" ]  # c\n", "l", R"(["b", "c"])"), "l = [\"b\", \"c\"]  # c\n");
  EXPECT_EQ(edited("l = []\n", "l", R"(["a"])"), "l = [\"a\"]\n");
  EXPECT_EQ(edited("l = [\n  \"a\",\n]\n", "l", "[]"), "l = []\n");
  EXPECT_EQ(edited("x = 1\n", "l", R"(["a", "q\"\\"])"), "x = 1\nl = [\"a\", \"q\\\"\\\\\"]\n");
}

TEST(TomlEdit, AnArrayOverSeveralLinesKeepsItsComments) {
  const std::string_view text =
      "l = [\n  # two sites\n  \"a\",  # north\n  \"b\",  # south\n  \"c\"\n]  # end\n";
  EXPECT_EQ(edited(text, "l", R"(["a", "b", "c", "d"])"),
            "l = [\n  # two sites\n  \"a\",  # north\n  \"b\",  # south\n  \"c\", \"d\"\n]  # end\n");
  EXPECT_EQ(edited(text, "l", R"(["a", "c"])"),
            "l = [\n  # two sites\n  \"a\",  # north\n  # south\n  \"c\"\n]  # end\n");
  EXPECT_EQ(edited(text, "l", R"(["a", "b"])"),
            "l = [\n  # two sites\n  \"a\",  # north\n  \"b\",  # south\n]  # end\n");
  EXPECT_EQ(edited(text, "l", R"(["x", "y", "b"])"),
            "l = [\n  # two sites\n  # north\n  \"b\",  # south\n  \"x\", \"y\"\n]  # end\n");
  EXPECT_EQ(edited("l = [\n  \"a\",\n  \"b\", # last\n]\n", "l", R"(["b", "c"])"),
            "l = [\n  \"b\", \"c\", # last\n]\n");
  EXPECT_EQ(edited("l = [\n  \"a\" # first\n  , \"b\"\n]\n", "l", R"(["b"])"),
            "l = [\n   # first\n   \"b\"\n]\n");
}

TEST(TomlEdit, AMemberWrittenInTwoWaysStaysTwoMembers) {
  const std::string_view text = "l = [\n  \"10.0.0.0/8\",\n  \"10.0.0.0/08\",  # the same\n]\n";
  EXPECT_EQ(edited(text, "l", R"(["10.0.0.0/8", "10.0.0.0/8"])"),
            "l = [\n  \"10.0.0.0/8\",\n  \"10.0.0.0/8\",  # the same\n]\n");
  EXPECT_EQ(edited(text, "l", R"(["10.0.0.0/8"])"), "l = [\n  \"10.0.0.0/8\",\n  # the same\n]\n");
  EXPECT_EQ(edited("l = [\n  \"a\",\n  \"a\",\n]\n", "l", R"(["a"])"), "l = [\n  \"a\",\n]\n");
}

TEST(TomlEdit, ATable) {
  const std::string_view text =
      "a = 1\n\n[g]  # groups\n# the campus\ncampus = [\"1\", \"2\"]  # both\nannex = [\"3\"]\n\n[h]\nx = "
      "[\"9\"]\n";
  EXPECT_EQ(edited(text, "g", R"({"campus": ["1"], "annex": ["3"]})"),
            "a = 1\n\n[g]  # groups\n# the campus\ncampus = [\"1\"]  # both\nannex = [\"3\"]\n\n[h]\nx = "
            "[\"9\"]\n");
  EXPECT_EQ(edited(text, "g", R"({"campus": ["1", "2"], "new one": ["4"]})"),
            "a = 1\n\n[g]  # groups\n# the campus\ncampus = [\"1\", \"2\"]  # both\n\"new one\" = "
            "[\"4\"]\n\n[h]\nx = [\"9\"]\n");
  EXPECT_EQ(edited(text, "g", "{}"), "a = 1\n\n[g]  # groups\n# the campus\n\n[h]\nx = [\"9\"]\n");
  EXPECT_EQ(edited("[g]\na = [\n \"1\",\n]\nb = [\"2\"]", "g", R"({"b": ["2"], "c": ["3"]})"),
            "[g]\nb = [\"2\"]\nc = [\"3\"]\n");
  EXPECT_EQ(edited("[g]", "g", R"({"c": ["3"]})"), "[g]\nc = [\"3\"]\n");
}

TEST(TomlEdit, ATableInItsOtherShapes) {
  EXPECT_EQ(edited("g = { a = [\"1\"] } # i\n[t]\n", "g", R"({"a": ["1"], "b c": ["2"]})"),
            "g = { a = [\"1\"], \"b c\" = [\"2\"] } # i\n[t]\n");
  EXPECT_EQ(edited("g.a = [\"1\"] # i\ng.b = [\"2\"]\nx = 1\n[t]\n", "g", R"({"b": ["2", "3"], "c": ["4"]})"),
            "g.b = [\"2\", \"3\"]\ng.c = [\"4\"]\nx = 1\n[t]\n");
  EXPECT_EQ(edited("", "g", R"({"a": ["1"]})"), "[g]\na = [\"1\"]\n");
  EXPECT_EQ(edited("x = 1", "g", R"({"a": ["1"]})"), "x = 1\n\n[g]\na = [\"1\"]\n");
  EXPECT_EQ(edited("x = 1\n[t]\ny = 1\n", "g", R"({"a": ["1"]})"), "x = 1\n[t]\ny = 1\n\n[g]\na = [\"1\"]\n");
  EXPECT_EQ(edited("x = 1\n", "g", "{}"), "x = 1\n");
}

TEST(TomlEdit, WhatIsNoTomlIsRefusedWithItsPlace) {
  const auto done = edit_toml("a = 1\nwindow = \n", "window", "2s");
  EXPECT_EQ(done.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(done.status().message().substr(0, 6), "2:10: ");
}

}  // namespace
}  // namespace relaysieve
