// SPDX-License-Identifier: Apache-2.0
// A settings file of any bytes: it is wrong, and every line of the error says where; or it is right, and then it can be
// written anew, setting by setting, and means the same.
#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "fuzz/harness.h"
#include "fuzz/settings_words.h"
#include "settings/settings_change.h"
#include "settings/settings_read.h"
#include "settings/toml_edit.h"

namespace relaysieve::fuzz {
namespace {

constexpr const char* kFile = "FILE";

namespace planted {

// Room for 6 characters of a group's name.
[[gnu::noinline]] void copy_names(const Settings& settings) {
  for (const std::string& name : settings.relay_group_names) {
    std::array<char, 7> room;
    std::copy_n(name.c_str(), name.size() + 1, room.data());
    volatile char last = room[0];
    static_cast<void>(last);
  }
}

}  // namespace planted

void says_where(const absl::Status& error) {
  must(is_safe_text({error.message().data(), error.message().size()}), "an error is safe for a terminal");
  for (const absl::string_view line : absl::StrSplit(error.message(), '\n'))
    must(absl::StartsWith(line, "FILE:"), "an error says where");
}

// One setting gets the value that it has.
void write_anew(const Setting& setting, std::string_view text, const Settings& settings) {
  const auto edited = edit_toml(text, setting.name, value_of(setting, settings));
  if (!edited.ok()) return;
  const auto again = parse_settings(*edited, kFile, {});
  must(again.ok(), "what was edited is right again");
  must(differences(settings, *again).empty(), "what was edited means the same");
}

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto settings = parse_settings(text, fuzz::kFile, {});
  if (!settings.ok()) {
    fuzz::says_where(settings.status());
    return 0;
  }
  if (fuzz::kPlanted) fuzz::planted::copy_names(*settings);
  const auto& table = settings_table();  // one after the other takes longer than to try more files
  fuzz::write_anew(table[size % table.size()], text, *settings);
  return 0;
}
