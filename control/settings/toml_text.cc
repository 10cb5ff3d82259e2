// SPDX-License-Identifier: Apache-2.0
#include "settings/toml_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }  // a UTF-8 character

}  // namespace

std::string sentence_of(const toml::parse_error& error) {
  std::string sentence;
  for (const char c : error.description()) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)))
      absl::StrAppendFormat(&sentence, "\\x%02x", static_cast<unsigned char>(c));
    else
      sentence += c;
  }
  return sentence;
}

TomlText::TomlText(std::string_view text)
    : text_(text), eol_(text.find("\r\n") != text.npos ? "\r\n" : "\n"), lines_{0} {
  if (text.starts_with(kByteOrderMark)) lines_[0] = kByteOrderMark.size();
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') lines_.push_back(i + 1);
}

size_t TomlText::offset(const toml::source_position& position) const {
  size_t offset = lines_[position.line - 1];
  for (auto left = position.column - 1; left > 0 && offset < text_.size(); --left)
    for (++offset; offset < text_.size() && continues(text_[offset]);) ++offset;
  return offset;
}

size_t TomlText::last_end_of(const toml::node& node) const {
  size_t last = end_of(node);
  if (const toml::table* table = node.as_table(); table != nullptr && !table->is_inline())
    for (const auto& [name, entry] : *table) last = std::max(last, last_end_of(entry));
  return last;
}

size_t TomlText::line_of(size_t offset) const {
  return *std::prev(std::ranges::upper_bound(lines_, std::max(offset, lines_[0])));
}

size_t TomlText::line_end(size_t offset) const {
  const size_t end = std::min(text_.find('\n', offset), text_.size());
  return end > offset && text_[end - 1] == '\r' ? end - 1 : end;
}

size_t TomlText::next_line(size_t offset) const {
  const size_t end = text_.find('\n', offset);
  return end == text_.npos ? text_.size() : end + 1;
}

bool TomlText::is_blank(size_t begin, size_t end) const {
  return std::all_of(text_.begin() + begin, text_.begin() + end, absl::ascii_isblank);
}

size_t TomlText::blanks(size_t offset) const {
  const size_t end = std::min(text_.find_first_not_of(" \t", offset), text_.size());
  return end - offset;
}

std::optional<size_t> TomlText::comma_after(size_t offset) const {
  while (offset < text_.size()) {
    const char c = text_[offset];
    if (c == ',') return offset;
    if (c == '#') {
      offset = next_line(offset);
    } else if (absl::ascii_isspace(c)) {
      ++offset;
    } else {
      break;
    }
  }
  return std::nullopt;
}

std::optional<size_t> TomlText::commented_out(std::string_view key, size_t limit) const {
  for (const size_t begin : lines_) {
    if (begin >= limit) break;
    absl::string_view line(text_.data() + begin, line_end(begin) - begin);
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "#")) continue;
    line = absl::StripLeadingAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, view(key))) continue;
    if (absl::StripLeadingAsciiWhitespace(line).substr(0, 1) == "=") return next_line(begin);
  }
  return std::nullopt;
}

size_t TomlText::above_comments(size_t offset) const {
  auto at = std::ranges::lower_bound(lines_, line_of(offset));
  while (at != lines_.begin() && text_[*std::prev(at) + blanks(*std::prev(at))] == '#') --at;
  return *at;
}

void TomlText::replace(size_t begin, size_t end, std::string by) {
  if (begin != end || !by.empty()) replacements_.push_back({begin, end, std::move(by)});
}

void TomlText::insert_lines(size_t line, const std::string& lines) {
  if (lines.empty()) return;
  const bool open = line > lines_[0] && text_[line - 1] != '\n';
  replace(line, line, open ? eol_ + lines : lines);
}

std::string TomlText::result() && {
  std::ranges::stable_sort(replacements_, {}, [](const Replacement& r) { return std::pair(r.begin, r.end); });
  for (auto r = replacements_.rbegin(); r != replacements_.rend(); ++r)
    text_.replace(r->begin, r->end - r->begin, r->by);
  return std::move(text_);
}

}  // namespace relaysieve
