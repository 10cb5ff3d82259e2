// SPDX-License-Identifier: Apache-2.0
#include "commands/terminal.h"

#define NCURSES_NOMACROS
#include <ncurses.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/status/status.h"

namespace relaysieve {
namespace {

// ncurses' numbers of pairs of colours.
constexpr short kGood = 1, kNote = 2, kWarning = 3, kProblem = 4;

attr_t look_of(const TopLine& line) {
  switch (line.kind) {
    case TopLine::Kind::title:
      return A_BOLD;
    case TopLine::Kind::heading:
    case TopLine::Kind::footer:
      return A_REVERSE;
    case TopLine::Kind::plain:
      break;
  }
  const char* no_color = std::getenv("NO_COLOR");
  if (!line.level || !has_colors() || (no_color != nullptr && *no_color != '\0')) return A_NORMAL;
  constexpr short kPairs[] = {kGood, kNote, kWarning, kProblem};
  return static_cast<attr_t>(COLOR_PAIR(kPairs[static_cast<size_t>(*line.level)]));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Terminal>> Terminal::take() {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
    return absl::InvalidArgumentError("this is no terminal: --once prints one screen");
  if (newterm(nullptr, stdout, stdin) == nullptr)
    return absl::InvalidArgumentError("TERM names no terminal that is known here: --once prints one screen");
  cbreak();
  noecho();
  curs_set(0);
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  if (has_colors()) {
    start_color();
    use_default_colors();
    init_pair(kGood, COLOR_GREEN, -1);
    init_pair(kNote, COLOR_CYAN, -1);
    init_pair(kWarning, COLOR_YELLOW, -1);
    init_pair(kProblem, COLOR_RED, -1);
  }
  return std::unique_ptr<Terminal>(new Terminal);
}

Terminal::~Terminal() { endwin(); }

TopSize Terminal::size() const { return {static_cast<size_t>(LINES), static_cast<size_t>(COLS)}; }

void Terminal::adopt_size() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0)
    resizeterm(window.ws_row, window.ws_col);
}

void Terminal::show(const std::vector<TopLine>& lines) {
  werase(stdscr);
  int row = 0;
  for (const TopLine& line : lines) {
    const bool last = line.kind == TopLine::Kind::footer;
    wattrset(stdscr, static_cast<int>(look_of(line)));
    mvwaddnstr(stdscr, last ? LINES - 1 : row++, 0, line.text.c_str(), COLS);
  }
  wattrset(stdscr, A_NORMAL);
  wrefresh(stdscr);
}

void Terminal::draw_anew() { clearok(curscr, TRUE); }

int Terminal::key() { return wgetch(stdscr); }

}  // namespace relaysieve
