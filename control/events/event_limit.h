// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/event_list.h"
#include "relaysieve/time.h"

namespace relaysieve {

// Something that has happened to what `about` names: a relay, a port, ...; "" where there is but one.
struct Happening {
  EventKind kind;
  std::string about;
  std::string text;  // a sentence without a full stop
};

// Keeps a flood of events from hiding all others. In a minute so many are told:
//   of one subject kAtOnce, a beginning and its end counted together, so that both are told at once;
//   of one kind kOfAKind, whatever their subjects.
// What is above that is held back and counted, and the latest of it is told when the minute is over: so what was told
// last of a subject is how things are, or were a minute ago at most. It knows no clock.
class EventLimit {
 public:
  static constexpr Duration kPeriod = std::chrono::minutes(1);
  static constexpr unsigned kAtOnce = 2;
  static constexpr unsigned kOfAKind = 30;

  struct Due {
    Happening happening;
    uint64_t left_out;  // others like it, before it
  };

  // True: it is to be told now. False: it is held back.
  bool admit(const Happening& happening, Time now);
  // What was held back, and is to be told now.
  std::vector<Due> due(Time now);

 private:
  struct Account {
    Time began;
    unsigned told = 0;
    uint64_t held = 0;
    std::optional<Happening> latest{};
  };
  using Subject = std::pair<EventKind, std::optional<std::string>>;  // no name: all of the kind

  Account& account(Subject subject, Time now);

  std::map<Subject, Account> accounts_;  // of the last minute
};

}  // namespace relaysieve
