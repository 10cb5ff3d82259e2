// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/str_split.h"
#include "settings/settings.h"

// `PROGRAM words` prints what a settings file is made of, from the one table of settings: their names, and what those of
// a choice may be. tests/fuzz/run makes libFuzzer's dictionary of it.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" [[gnu::used]] inline int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc != 2 || std::string_view((*argv)[1]) != "words") return 0;
  for (const relaysieve::Setting& setting : relaysieve::settings_table()) {
    std::puts(std::string(setting.name).c_str());
    if (setting.metavar.find('|') == std::string::npos) continue;
    for (const absl::string_view choice : absl::StrSplit(setting.metavar, '|'))
      std::puts(std::string(choice).c_str());
  }
  std::exit(0);
}
