// SPDX-License-Identifier: Apache-2.0
#include "measure.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <deque>
#include <fstream>

namespace relaysieve::bench {
namespace {

constexpr size_t kKept = 8;  // fixtures: some hundred MB each at the most

std::deque<std::pair<std::string, std::unique_ptr<Fixture>>>& fixtures() {
  static std::deque<std::pair<std::string, std::unique_ptr<Fixture>>> kept;
  return kept;
}

}  // namespace

Wrong wrong = Wrong::nothing;

Mix streamed(Mix asked) {
  if (wrong == Wrong::mix) asked.relays = asked.relays == 2 ? 1 : 2;
  if (wrong == Wrong::clients) asked.clients /= 2;
  return asked;
}

Fixture* Fixture::find(const std::string& name) {
  for (const auto& [kept, fixture] : fixtures())
    if (kept == name) return fixture.get();
  return nullptr;
}

Fixture* Fixture::keep(const std::string& name, std::unique_ptr<Fixture> fixture) {
  if (fixtures().size() == kKept) fixtures().pop_front();
  return fixtures().emplace_back(name, std::move(fixture)).second.get();
}

void Fixture::drop_all() { fixtures().clear(); }

size_t mapped_bytes() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::string row_name(const std::string& thing, const Mix& mix) {
  return thing + (mix.family == Family::v6 ? "6" : "") + "/clients:" + std::to_string(mix.clients) +
         "/relays:" + std::to_string(mix.relays) +
         "/frames:" + (mix.frames == Frames::warm ? "warm" : "cold");
}

void report_time(benchmark::State& state, const Found& found) {
  state.SetItemsProcessed(static_cast<int64_t>(found.frames));
  state.counters["ns_per_frame"] = seconds(found.time) * 1e9 / static_cast<double>(found.frames);
}

void report(benchmark::State& state, const Mix& mix, const Found& found, double fewer) {
  report_time(state, found);
  const auto clients = static_cast<double>(found.clients);
  const double dropped = static_cast<double>(found.drops) / static_cast<double>(found.frames);
  state.counters[found.decides ? "dropped" : "copies"] = dropped;
  state.counters["distinct_clients"] = clients;
  if (found.bytes > 0) state.counters["bytes_per_client"] = static_cast<double>(found.bytes) / clients;

  const auto asked = static_cast<double>(mix.clients);
  if (std::abs(dropped - mix.copies()) < kTolerance && clients > (1 - fewer) * asked &&
      clients < (1 + kTolerance) * asked)
    return;
  char text[160];
  std::snprintf(text, sizeof text,
                "not what was asked for: %.1f %% copies instead of %.1f %%, %zu clients instead of %zu",
                100 * dropped, 100 * mix.copies(), found.clients, mix.clients);
  state.SkipWithError(text);
}

}  // namespace relaysieve::bench
