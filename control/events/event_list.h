// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The one list of what is told when it happens. The log, the journal's fields, `relaysieve events` and the metrics come
// from it: X(name, ends, severity, about, sentence). `name` is the stable word users see; `ends` is the event that this
// one puts an end to, else itself; `about` says what it is about: a relay, a port, a worker, a setting, or the daemon.
#define RELAYSIEVE_EVENTS(X)                                                                       \
  X(started, started, info, daemon, "frames flow")                                                 \
  X(stopping, stopping, info, daemon, "the daemon ends")                                           \
  X(mode_changed, mode_changed, info, setting, "somebody changed the mode")                        \
  X(settings_changed, settings_changed, info, setting, "somebody changed a setting")               \
  X(flushed, flushed, info, daemon, "somebody made it forget all clients and transmissions")       \
  X(relay_new, relay_new, info, relay, "a relay has brought its first request")                    \
  X(relay_silent, relay_silent, warning, relay, "a relay brings nothing of what others bring")     \
  X(relay_back, relay_silent, info, relay, "a silent relay brings requests again")                 \
  X(late_copies, late_copies, warning, relay, "a relay's copies come after the window, and pass")  \
  X(rewriting_router, rewriting_router, warning, relay,                                            \
    "a relay's copies carry other options than another's")                                         \
  X(twin_scopes, twin_scopes, warning, relay,                                                      \
    "the same request comes in two scopes: the scope may be wrong")                                \
  X(table_full, table_full, warning, daemon, "records had to make room before their window ended") \
  X(worker_stalled, worker_stalled, error, worker, "a worker has not moved for a second")          \
  X(worker_moves, worker_stalled, info, worker, "a stalled worker moves again")                    \
  X(link_lost, link_lost, warning, port, "a port has lost its link")                               \
  X(link_back, link_lost, info, port, "a port has its link again")                                 \
  X(port_held, port_held, warning, port, "a port is held down while the other side has no link")   \
  X(port_released, port_held, info, port, "a port that was held down is up again")

namespace relaysieve {

enum class Severity : uint8_t { info, warning, error };
enum class About : uint8_t { daemon, relay, port, worker, setting };

enum class EventKind : uint8_t {
#define X(name, ends, severity, about, sentence) name,
  RELAYSIEVE_EVENTS(X)
#undef X
};

struct EventInfo {
  std::string_view name;
  EventKind ends;
  Severity severity;
  About about;
  std::string_view sentence;
};

inline constexpr std::array kEvents = {
#define X(name, ends, severity, about, sentence) \
  EventInfo{#name, EventKind::ends, Severity::severity, About::about, sentence},
    RELAYSIEVE_EVENTS(X)
#undef X
};

inline constexpr size_t kEventCount = kEvents.size();
using EventCounts = std::array<uint64_t, kEventCount>;

constexpr const EventInfo& info(EventKind kind) { return kEvents[static_cast<size_t>(kind)]; }

constexpr std::string_view word(Severity severity) {
  constexpr std::array<std::string_view, 3> kWords = {"info", "warning", "error"};
  return kWords[static_cast<size_t>(severity)];
}
constexpr std::string_view word(About about) {
  constexpr std::array<std::string_view, 5> kWords = {"daemon", "relay", "port", "worker", "setting"};
  return kWords[static_cast<size_t>(about)];
}

}  // namespace relaysieve
