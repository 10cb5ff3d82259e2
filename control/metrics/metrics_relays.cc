// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics_relays.h"

#include <array>
#include <cmath>

#include "settings/text.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLag[] = {50us, 100us, 200us, 500us, 1ms, 2ms, 5ms, 10ms, 20ms,
                             50ms, 100ms, 200ms, 500ms, 1s,  2s,  5s,  10s};
constexpr Duration kGap[] = {100ms, 200ms, 250ms, 300ms, 500ms, 700ms, 1s, 2s, 3s, 4s, 5s, 8s, 16s, 32s, 64s};

// What became of a relay's copies, coarser than the reasons, which verdicts_total has. What monitor mode forwards
// counts as what enforce would make of it.
enum class Outcome : uint8_t { forwarded, late_copy, rewritten, second_copy, echo, turn_passed };
constexpr std::array kOutcomes = {"forwarded",   "late_copy", "rewritten",
                                  "second_copy", "echo",      "turn_passed"};

constexpr Outcome outcome_of(Reason reason) {
  switch (reason) {
    case Reason::late_copy:
      return Outcome::late_copy;
    case Reason::rewritten:
      return Outcome::rewritten;
    case Reason::second_copy:
    case Reason::would_drop_second_copy:
    case Reason::second_copy_rewritten:
    case Reason::would_drop_second_copy_rewritten:
      return Outcome::second_copy;
    case Reason::echo:
    case Reason::would_drop_echo:
      return Outcome::echo;
    case Reason::turn_passed:
    case Reason::would_drop_turn_passed:
      return Outcome::turn_passed;
    default:
      return Outcome::forwarded;
  }
}

Labels of(const RelayName& relay, const std::vector<Snapshot::Port>& ports) {
  return {{"relay", print_address(relay.ip)},
          {"mac", print_mac(relay.mac)},
          {"port", relay.port < ports.size() ? ports[relay.port].name : std::to_string(relay.port)}};
}

void copies(Scrape& out, const CensusTotals::Relay& relay, const Labels& labels) {
  std::array<uint64_t, kOutcomes.size()> sums{};
  for (size_t i = 0; i < kReasonCount; ++i)
    sums[static_cast<size_t>(outcome_of(static_cast<Reason>(i)))] += relay.reasons[i];
  for (size_t i = 0; i < sums.size(); ++i) {
    Labels with_outcome = labels;
    with_outcome.push_back({"outcome", kOutcomes[i]});
    out.add(sums[i], std::move(with_outcome));
  }
}

// To a millisecond: the two clocks are not read in the same instant.
double unix_time(Time monotonic, Duration clock_began) {
  return std::round(std::chrono::duration<double, std::milli>(clock_began + monotonic).count()) / 1e3;
}

}  // namespace

void relays(Scrape& out, const Scraped& scraped) {
  const CensusTotals& totals = scraped.relays;
  const std::vector<Snapshot::Port>& ports = scraped.snapshot.ports;
  const Labels other = {{"relay", "other"}, {"mac", ""}, {"port", ""}};
  out.counter(
      "relay_copies_total",
      "Copies of requests by the relay that brought them and what became of them. Relays beyond the " +
          std::to_string(Census::kRelays) + "th count as other.");
  for (const CensusTotals::Relay& relay : totals.relays) copies(out, relay, of(relay.name, ports));
  copies(out, totals.others, other);
  out.gauge("relay_last_seen_timestamp_seconds", "When the relay brought its latest copy.");
  for (const CensusTotals::Relay& relay : totals.relays)
    out.add(unix_time(relay.last_seen, scraped.clock_began), of(relay.name, ports));
  if (totals.others.copies() > 0) out.add(unix_time(totals.others.last_seen, scraped.clock_began), other);
  out.gauge("relay_silent", "1 while the relay brings nothing of what those that share its requests bring.");
  for (const CensusTotals::Relay& relay : totals.relays)
    out.add(scraped.silent(relay.router) ? 1. : 0., of(relay.name, ports));
  out.gauge("relays", "Relays that are told apart.");
  out.add(totals.relays.size());
  out.counter("relay_folded_copies_total", "Copies of relays that were not told apart: they are other's.");
  out.add(totals.others.copies());

  out.histogram(
      "copy_lag_seconds",
      "How long after the first copy of a transmission another relay's copies came; beyond the window "
      "they are late.",
      totals.lag, kLag);
  out.histogram("echo_lag_seconds", "The same of copies by the same relay within the echo window.",
                totals.echo, kLag);
  out.histogram("client_repeat_seconds",
                "How long after its latest transmission a client sent the same again.", totals.repeat, kGap);
}

}  // namespace relaysieve
