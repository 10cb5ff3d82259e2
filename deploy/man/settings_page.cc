// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "page.h"
#include "pages.h"
#include "settings/settings_change.h"
#include "settings/settings_read.h"
#include "settings/text.h"
#include "settings/toml_edit.h"

namespace relaysieve {
namespace {

std::string facts_of(const Setting& setting) {
  std::string text = absl::StrCat(setting.sentence, ". ");
  const bool groups = setting.shape == Setting::Shape::groups, list = setting.shape == Setting::Shape::list;
  absl::StrAppend(&text,
                  groups ? "A table of lists; a member is "
                  : list ? "A list; a member is "
                         : "It is ",
                  setting.allowed, ". ");
  if (!groups)
    absl::StrAppend(&text, "Default: ", toml_of(value_of(setting, Settings())), ". Flag: ", flag_of(setting),
                    ". ");
  return absl::StrCat(text, setting.live ? "Changes while frames flow." : "Takes effect at the restart.");
}

}  // namespace

std::string settings_page() {
  Page page("relaysieve.toml", 5, "settings of relaysieved");
  page.section("DESCRIPTION");
  page.paragraph(
      absl::StrCat("relaysieved reads ", kSettingsFile,
                   ", or the file that --config names. It is TOML. Flags win over it. Durations are written "
                   "\"100ms\" or \"2.5s\"."));
  page.paragraph(
      "`relaysieve config check` finds mistakes, each with line and column; `relaysieve config show` tells "
      "where "
      "each value comes from; `relaysieve config example` prints a file to begin with. `relaysieve reload` "
      "makes a running daemon read the file again, and `relaysieve set --save` writes into it.");
  page.section("SETTINGS");
  for (const Setting& setting : settings_table()) {
    page.item(setting.name, facts_of(setting));
    if (!setting.example.empty()) page.literal(setting.example);
  }
  page.section("SEE ALSO");
  page.paragraph("relaysieve(1), relaysieved(8)");
  return page.text();
}

}  // namespace relaysieve
