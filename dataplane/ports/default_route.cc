// SPDX-License-Identifier: Apache-2.0
#include "ports/default_route.h"

#include <net/route.h>

#include <fstream>
#include <sstream>

namespace relaysieve {
namespace {

// The lines of a table of this thread's network namespace that are in use; their numbers are hexadecimal.
template <class Leads>
bool any_route(const char* table, Leads leads) {
  std::ifstream file(std::string("/proc/thread-self/net/") + table);
  for (std::string line; std::getline(file, line);)
    if (std::istringstream fields(line); leads(fields >> std::hex)) return true;
  return false;
}

}  // namespace

bool carries_default_route(const std::string& interface) {
  return any_route("route",
                   [&](std::istream& fields) {
                     std::string name;
                     unsigned destination = 1, gateway = 0, flags = 0, references = 0, used = 0, metric = 0,
                              mask = 1;
                     fields >> name >> destination >> gateway >> flags >> references >> used >> metric >>
                         mask;
                     return name == interface && destination == 0 && mask == 0 && (flags & RTF_UP) != 0 &&
                            (flags & RTF_REJECT) == 0;
                   }) ||
         any_route("ipv6_route", [&](std::istream& fields) {
           std::string destination, source, gateway, name;
           unsigned length = 1, source_length = 0, metric = 0, references = 0, used = 0, flags = 0;
           fields >> destination >> length >> source >> source_length >> gateway >> metric >> references >>
               used >> flags >> name;
           return name == interface && length == 0 && (flags & RTF_UP) != 0 &&
                  (flags & (RTF_REJECT | RTF_ADDRCONF)) == 0;
         });
}

}  // namespace relaysieve
