// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace relaysieve {

// What is wrong, in one line that is safe for a terminal: toml++ quotes the file as it is.
std::string sentence_of(const toml::parse_error& error);

// The bytes of a TOML file: where its parts lie, and replacements that are made at the end, all together. Every offset is
// one of the text as it was.
class TomlText {
 public:
  explicit TomlText(std::string_view text);

  size_t size() const { return text_.size(); }
  char at(size_t offset) const { return text_[offset]; }
  const std::string& eol() const { return eol_; }  // as the file has it

  // toml++ counts characters, from 1, and leaves out a byte order mark.
  size_t offset(const toml::source_position& position) const;
  size_t begin_of(const toml::node& node) const { return offset(node.source().begin); }
  size_t end_of(const toml::node& node) const { return offset(node.source().end); }
  size_t last_end_of(const toml::node& node) const;  // of dotted keys: the last one's value

  size_t line_of(size_t offset) const;    // the beginning of its line
  size_t line_end(size_t offset) const;   // without the line's end
  size_t next_line(size_t offset) const;  // behind the line's end
  bool is_blank(size_t begin, size_t end) const;
  size_t blanks(size_t offset) const;  // how many there are
  // The next comma of an array, with nothing but blanks, lines' ends and comments before it.
  std::optional<size_t> comma_after(size_t offset) const;
  // The line after "#key = ..." before a limit.
  std::optional<size_t> commented_out(std::string_view key, size_t limit) const;
  // The first of the lines of comment right above its line.
  size_t above_comments(size_t offset) const;

  void replace(size_t begin, size_t end, std::string by);
  void insert_lines(size_t line, const std::string& lines);  // whole ones; the line before gets its end
  std::string result() &&;

 private:
  struct Replacement {
    size_t begin, end;
    std::string by;
  };

  std::string text_, eol_;
  std::vector<size_t> lines_;  // their beginnings
  std::vector<Replacement> replacements_;
};

}  // namespace relaysieve
