// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "client/client.h"
#include "commands/commands.h"
#include "commands/terminal.h"
#include "commands/top_feed.h"
#include "status/style.h"

namespace relaysieve {
namespace {

constexpr const char* kTopExample =
    R"(Keys: q quits; Ctrl-L draws all of it anew; c, d, l and r put those first that bring the most copies, of whom the most were dropped, who came late, and who
was heard last.

Example: the busiest relays and clients of ten seconds, for a script
  relaysieve top --once --interval 10 --json | jq '.clients.clients[0]')";

constexpr int kControlL = 12;

struct TopOptions : DaemonOptions {
  bool once = false;
  unsigned interval = 1;  // s
};

// As long as one lives, standard error is silent: it would draw over the screen.
class Hush {
 public:
  Hush() : before_(std::cerr.rdbuf(nullptr)) {}
  ~Hush() { std::cerr.rdbuf(before_); }
  Hush(const Hush&) = delete;
  Hush& operator=(const Hush&) = delete;

 private:
  std::streambuf* before_;
};

int complain(const absl::Status& status) {
  std::cerr << "relaysieve: " << status.message() << "\n";
  return exit_status(status);
}

// What ends it, and what changes the window, can be read instead. Of all threads that are started from here on.
int signals_to_read() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The screen, from one event to the next.
class Top {
 public:
  Top(Terminal& terminal, const TopOptions& options)
      : terminal_(terminal), signals_(signals_to_read()), feed_(options.control, options.interval) {}
  ~Top() { close(signals_); }
  Top(const Top&) = delete;
  Top& operator=(const Top&) = delete;

  // Until somebody has seen enough, or there is nothing to see any more.
  absl::Status run() {
    pollfd news[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}, {feed_.descriptor(), POLLIN, 0}};
    while (!done_) {
      poll(news, std::size(news), -1);
      if (news[0].revents != 0) take_keys((news[0].revents & (POLLHUP | POLLERR)) != 0);
      if (news[1].revents != 0) take_signal();
      if (news[2].revents != 0)
        if (absl::Status status = take_look(); !status.ok()) return status;
      if (now_) terminal_.show(top_screen(*now_, before_ ? &*before_ : nullptr, order_, terminal_.size()));
    }
    return absl::OkStatus();
  }

 private:
  void take_keys(bool gone) {
    done_ |= gone;
    for (int key = 0; (key = terminal_.key()) >= 0;) {
      done_ |= key == 'q' || key == 'Q';
      if (key == kControlL) terminal_.draw_anew();
      if (key < 128 && kTopOrders.find(static_cast<char>(key)) != kTopOrders.npos)
        order_ = static_cast<TopOrder>(key);
    }
  }

  void take_signal() {
    signalfd_siginfo signal{};
    if (read(signals_, &signal, sizeof signal) != sizeof signal) return;
    if (signal.ssi_signo == SIGWINCH) return terminal_.adopt_size();
    done_ = true;
  }

  absl::Status take_look() {
    absl::StatusOr<TopLook> look = feed_.take();
    if (!look.ok()) return look.status();
    before_ = std::move(now_);
    now_ = *std::move(look);
    return absl::OkStatus();
  }

  Terminal& terminal_;
  int signals_;
  TopFeed feed_;
  std::optional<TopLook> now_, before_;
  TopOrder order_ = TopOrder::copies;
  bool done_ = false;
};

int live(const TopOptions& options) {
  if (const auto status = ask(options.control, "GET", "/v1/status"); !status.ok())
    return complain(status.status());
  absl::Status status;
  {
    const Hush hush;
    const auto terminal = Terminal::take();
    status = terminal.ok() ? Top(**terminal, options).run() : terminal.status();
  }
  return status.ok() ? 0 : complain(status);
}

int once(const TopOptions& options) {
  TopLook before;
  for (auto& [path, where] : {std::pair("/v1/relays", &before.relays), {"/v1/status", &before.status}}) {
    const auto said = ask(options.control, "GET", path);
    if (said.ok()) *where = *said;
  }
  const auto look = look_at_daemon(options.control, options.interval);
  if (!look.ok()) return complain(look.status());
  if (options.json) {
    const nlohmann::ordered_json all = {
        {"status", look->status}, {"relays", look->relays}, {"clients", look->clients}};
    std::cout << all.dump(2) << "\n";
    return 0;
  }
  const TopLook* then = before.status.is_null() ? nullptr : &before;
  std::vector<TopLine> lines = top_screen(*look, then, TopOrder::copies, {120, 200});
  lines.pop_back();  // nobody presses keys
  const Style style = Style::of(STDOUT_FILENO);
  for (const TopLine& line : lines)
    std::cout << (line.level                          ? style(*line.level, line.text)
                  : line.kind == TopLine::Kind::plain ? line.text
                                                      : style.strong(line.text))
              << "\n";
  return 0;
}

int top(const TopOptions& options) {
  try {
    if (options.once) return once(options);
    if (!options.json) return live(options);
    return complain(absl::InvalidArgumentError("--json: only with --once"));
  } catch (const nlohmann::json::exception&) {
    return complain(
        absl::UnavailableError("what this daemon says cannot be shown: is it of another version?"));
  }
}

}  // namespace

Command add_top(CLI::App& app) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand("top", "rates, the busiest relays and clients, live");
  command->footer(std::string(kTopExample) + kExitStatus);
  options->add_to(*command, "one screen as JSON, with --once");
  command->add_flag("--once", options->once, "print one screen and end; needs no terminal");
  command->add_option("--interval", options->interval, "seconds between two screens")
      ->type_name("1..60")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  return {command, [options] { return top(*options); }};
}

}  // namespace relaysieve
