// SPDX-License-Identifier: Apache-2.0
// Prints a manual page: make_page relaysieve.1 | relaysieved.8 | relaysieve.toml.5
#include <iostream>
#include <map>
#include <string>

#include "pages.h"

int main(int argc, char** argv) {
  using namespace relaysieve;
  static const std::map<std::string, std::string (*)()> pages = {
      {"relaysieve.1", commands_page}, {"relaysieved.8", daemon_page}, {"relaysieve.toml.5", settings_page}};
  const auto page = argc == 2 ? pages.find(argv[1]) : pages.end();
  if (page == pages.end()) return 2;
  std::cout << page->second();
  return std::cout.flush() ? 0 : 1;
}
