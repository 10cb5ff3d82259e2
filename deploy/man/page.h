// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace relaysieve {

// A manual page in the making: groff's man macros (groff_man(7)).
class Page {
 public:
  // "relaysieve", 1, "the command line ..."
  Page(std::string_view name, int section, std::string_view sentence);

  void section(std::string_view title);     // .SH
  void subsection(std::string_view title);  // .SS
  void paragraph(std::string_view text);
  void item(std::string_view term, std::string_view text);  // a word in bold, and what it is
  void literal(std::string_view lines);                     // as it is typed
  // What a program's help has below its flags: paragraphs, and lines to type, which are indented.
  void help(std::string_view text);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace relaysieve
