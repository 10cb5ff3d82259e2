// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "version.h"

namespace relaysieve {
namespace {

absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

// Letters that groff would take for its own, or print as something that cannot be typed.
std::string escaped(std::string_view text) {
  std::string out = absl::StrReplaceAll(
      view(text),
      {{"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"`", "\\(ga"}, {"^", "\\(ha"}, {"~", "\\(ti"}});
  return out.starts_with('.') ? "\\&" + out : out;
}

}  // namespace

Page::Page(std::string_view name, int section, std::string_view sentence)
    : text_(absl::StrCat(".TH ", absl::AsciiStrToUpper(view(name)), " ", section, " \"\" \"relaysieve ",
                         kVersion, "\"\n.SH NAME\n", escaped(name), " \\- ", escaped(sentence), "\n")) {}

void Page::section(std::string_view title) { absl::StrAppend(&text_, ".SH ", view(title), "\n"); }

void Page::subsection(std::string_view title) { absl::StrAppend(&text_, ".SS ", escaped(title), "\n"); }

void Page::paragraph(std::string_view text) { absl::StrAppend(&text_, ".PP\n", escaped(text), "\n"); }

void Page::item(std::string_view term, std::string_view text) {
  absl::StrAppend(&text_, ".TP\n.B ", escaped(term), "\n", escaped(text), "\n");
}

void Page::literal(std::string_view lines) {
  absl::StrAppend(&text_, ".PP\n.RS 4\n.nf\n");
  for (const absl::string_view line : absl::StrSplit(view(lines), '\n'))
    absl::StrAppend(&text_, escaped({line.data(), line.size()}), "\n");
  absl::StrAppend(&text_, ".fi\n.RE\n");
}

void Page::help(std::string_view text) {
  std::string typed;
  const auto end_typed = [&] {
    if (!typed.empty()) literal(typed);
    typed.clear();
  };
  for (const absl::string_view line : absl::StrSplit(view(text), '\n')) {
    if (line.substr(0, 2) == "  ") {
      absl::StrAppend(&typed, typed.empty() ? "" : "\n", line.substr(2));
      continue;
    }
    end_typed();
    if (!line.empty()) paragraph({line.data(), line.size()});
  }
  end_typed();
}

}  // namespace relaysieve
