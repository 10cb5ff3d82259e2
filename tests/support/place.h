// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace relaysieve::test {

// Where a test says something: std::source_location, which clang 14 does not have.
class Place {
 public:
  static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return Place(file, line);
  }
  constexpr const char* file_name() const { return file_; }
  constexpr int line() const { return line_; }

 private:
  constexpr Place(const char* file, int line) : file_(file), line_(line) {}

  const char* file_;
  int line_;
};

}  // namespace relaysieve::test
