// SPDX-License-Identifier: Apache-2.0
#include "relays/advice.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "relays/advice_pairs.h"
#include "relays/lag_text.h"
#include "settings/text.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kEnoughCopies = 50;       // for a window
constexpr uint64_t kEnoughRepetitions = 10;  // repetitions, for an echo window or turns
constexpr uint64_t kFew = 3;                 // late copies that may have been one mishap
// No client known repeats a request sooner than GRUB, after 200 ms, less what two relays' ways may differ by.
constexpr Duration kSoonest = 190ms;

std::string percent(uint64_t part, uint64_t all) {
  return absl::StrFormat("%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(all));
}

// The next of 10, 20, 50, 100, ... ms, and 5 s at the most.
Duration rounded_up(Duration least) {
  for (Duration decade = 10ms; decade < 5s; decade *= 10)
    for (const int digit : {1, 2, 5})
      if (decade * digit >= least) return std::min<Duration>(decade * digit, 5s);
  return 5s;
}

Duration rounded_up(Duration least, Duration step) { return (least + step - 1ns) / step * step; }

// The longest duration below `limit`, as exactly as buckets tell; nothing if there is none.
std::optional<Duration> longest_below(const Histogram& durations, Duration limit) {
  std::optional<Duration> longest;
  durations.each([&](Duration end, uint64_t) {
    if (end < limit) longest = std::min(end, durations.max());
  });
  return longest;
}

// The clients' own gaps beside the copies': what the rule needs to tell the two apart.
void add_gaps(Advice& advice, const CensusTotals& totals, Duration window) {
  const Histogram &lag = totals.lag, &repeat = totals.repeat;
  if (repeat.count() == 0) {
    advice.reasons.push_back(
        "no client was seen to repeat an unchanged request within 5 s (one that changes secs makes a new "
        "one)");
    return;
  }
  const std::string soonest = absl::StrCat(repeat.count(), " unchanged repetitions were seen, the soonest ",
                                           short_time(repeat.min()), " after the first copy");
  const uint64_t beyond = lag.count() - lag.count_to(repeat.min());
  if (beyond != 0 && lag.max() > repeat.min())
    advice.reasons.push_back(
        absl::StrCat(soonest, ", and ", beyond,
                     " copies came later than that: they can pass as first copies, and no "
                     "window prevents it; see why that relay is slow"));
  else if (repeat.min() <= window)
    advice.reasons.push_back(
        soonest +
        ": inside the window, which does no harm, as they come from a relay already heard; the copies lie "
        "closer together");
  else
    advice.reasons.push_back(soonest + ": outside the window");
}

Advice advise_window(const Settings& settings, const CensusTotals& totals) {
  const Duration window = settings.policy.window;
  const Histogram& lag = totals.lag;
  Advice advice = {.setting = "window", .now = print_duration(window), .wanted = print_duration(window)};
  advice.copies = lag.count();
  if (lag.count() < kEnoughCopies) {
    advice.enough = false;
    advice.reasons.push_back(absl::StrCat("copies of two relays seen: ", lag.count(), "; ", kEnoughCopies,
                                          " are needed to judge a window"));
    return advice;
  }
  // By the window in force now, and exactly none where none was ever late.
  const uint64_t late = std::min(late_copies(totals), lag.count() - lag.count_to(window));
  // What comes later than clients repeat themselves may be a repetition through another relay.
  const bool repeated = totals.repeat.count() != 0 && totals.repeat.min() > window;
  const uint64_t doubtful = repeated ? std::min(late, lag.count() - lag.count_to(totals.repeat.min())) : 0;
  Duration wanted = window;
  if (late == 0) {
    advice.reasons.push_back(absl::StrCat(
        "all ", lag.count(), " copies came inside the window: median ", short_time(lag.quantile(0.5)),
        ", 99 % within ", short_time(lag.quantile(0.99)), ", the longest ", short_time(lag.max())));
    if (lag.max() > window / 5 * 4) {
      wanted = rounded_up(lag.max() * 2);
      advice.reasons.push_back("the longest all but filled it: the next may be late");
    } else if (window > 1s && lag.max() * 4 < window) {
      wanted = std::min(window, std::max<Duration>(1s, rounded_up(lag.max() * 4)));
      if (wanted != window)
        advice.reasons.push_back(
            "a longer window than needed has a price: when the relay that delivers dies, an unchanged "
            "repetition "
            "through another one is dropped while the window lasts");
    }
  } else {
    advice.reasons.push_back(absl::StrCat(late, " of ", lag.count(), " copies (", percent(late, lag.count()),
                                          ") came after the window, up to ", short_time(lag.max()),
                                          " after the first copy, and passed as well"));
    if (late - doubtful >= kFew && (late - doubtful) * 1000 >= lag.count()) {
      const Duration limit = doubtful != 0 ? totals.repeat.min() : 5s + 1ns;
      wanted = std::max(window, rounded_up(longest_below(lag, limit).value_or(window) / 4 * 5));
      if (const std::string who = who_is_late(totals); !who.empty()) advice.reasons.push_back(who);
    } else {
      advice.reasons.push_back("too few of them are certain to be late to go by");
    }
    if (doubtful != 0)
      advice.reasons.push_back(
          absl::StrCat(doubtful,
                       " came later than clients repeat themselves: they may be repetitions "
                       "through another relay, and do not count here"));
  }
  add_gaps(advice, totals, wanted);
  advice.wanted = print_duration(wanted);
  return advice;
}

Advice advise_echo(const Settings& settings, const CensusTotals& totals) {
  const Duration now = settings.policy.echo_window;
  const Histogram &echo = totals.echo, &repeat = totals.repeat;
  Advice advice = {.setting = "echo_window", .now = print_duration(now), .wanted = print_duration(now)};
  advice.copies = echo.count() + repeat.count();
  if (advice.copies < kEnoughRepetitions) {
    advice.enough = false;
    advice.reasons.push_back(absl::StrCat("copies that one relay brought again: ", advice.copies, "; ",
                                          kEnoughRepetitions, " are needed to judge an echo window"));
    return advice;
  }
  if (echo.count() != 0)
    advice.reasons.push_back(
        absl::StrCat(echo.count(), " echoes of the network, within ", short_time(echo.max())));
  if (repeat.count() != 0)
    advice.reasons.push_back(absl::StrCat(repeat.count(), " repetitions of clients, the soonest after ",
                                          short_time(repeat.min())));
  const uint64_t too_soon = repeat.count_to(kSoonest);
  const Duration ceiling = repeat.count() != 0 ? std::min(kSoonest, repeat.min() / 4 * 3) : kSoonest;
  Duration wanted = now;
  if (too_soon >= kEnoughRepetitions) {
    wanted = std::min(kSoonest, rounded_up(*longest_below(repeat, kSoonest) / 4 * 5, 10ms));
    advice.reasons.push_back(absl::StrCat(too_soon,
                                          " of these came sooner than any known client repeats itself "
                                          "(GRUB, 200ms): the network's doing"));
  } else if (now > ceiling && echo.max() * 2 <= repeat.min() / 2) {
    wanted = std::max<Duration>(echo.max() * 2, repeat.min() / 2);
    wanted -= wanted % 5ms;
    advice.reasons.push_back(
        "the soonest repetition all but fell into the echo window, where it would be lost");
  } else if (echo.count() >= kEnoughRepetitions && echo.max() * 2 > now) {
    wanted = std::min(std::max(now, rounded_up(echo.max() * 2, 10ms)), std::max(now, ceiling));
    if (wanted != now) advice.reasons.push_back("the echoes reach to its end: some may pass");
  }
  if (wanted == now && repeat.count() != 0 && now > ceiling)
    advice.reasons.push_back("the two all but meet: no echo window tells them apart for certain");
  if (wanted >= settings.policy.window) {
    advice.reasons.push_back(
        absl::StrCat(print_duration(wanted), " would fit, but the window must be longer"));
    wanted = now;
  }
  advice.wanted = print_duration(wanted);
  return advice;
}

Advice advise_turns(const Settings& settings, const CensusTotals& totals) {
  const Duration now = settings.policy.turn_after;
  Advice advice = {.setting = "turn_after", .now = print_duration(now), .wanted = print_duration(now)};
  const uint64_t repeated = totals.repeat.count();
  uint64_t turns = totals.others.count_either_mode(Reason::turn_passed);
  for (const auto& relay : totals.relays) turns += relay.count_either_mode(Reason::turn_passed);
  advice.copies = repeated + turns;
  if (advice.copies < kEnoughRepetitions) {
    advice.enough = false;
    advice.reasons.push_back(absl::StrCat("unchanged repetitions and turns seen: ", advice.copies, "; ",
                                          kEnoughRepetitions, " are needed to judge turns"));
    return advice;
  }
  advice.reasons.push_back(absl::StrCat(repeated, " unchanged repetitions, ", turns, " turns"));
  if (now != 0s || totals.pairs.empty()) return advice;
  advice.wanted = print_duration(Policy().turn_after);
  advice.reasons.push_back(
      "clients have to ask again: without turns, a relay whose way back is dead can win every time");
  return advice;
}

}  // namespace

std::vector<Advice> advise(const Settings& settings, const CensusTotals& totals) {
  std::vector<Advice> all = {advise_window(settings, totals), advise_echo(settings, totals)};
  for (Advice& advice : advise_on_pairs(settings, totals)) all.push_back(std::move(advice));
  all.push_back(advise_turns(settings, totals));
  return all;
}

}  // namespace relaysieve
