// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace CLI {
class Option;
}

namespace relaysieve {

// An option of a command line, for those who write of it: the manual and completion.
std::vector<std::string> names_of(
    const CLI::Option& option);                     // "-h", "--help"; none: an argument without a flag
std::string metavar_of(const CLI::Option& option);  // what stands for its value: "FILE", "a|b"; "" = none
std::vector<std::string> choices_of(const CLI::Option& option);  // the values that there are; none = any

}  // namespace relaysieve
