// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <future>
#include <optional>

#include "absl/strings/str_cat.h"
#include "clock.h"
#include "events/event_sink.h"
#include "metrics/metrics.h"
#include "ports/interface.h"
#include "ports/worker.h"

namespace relaysieve {
Daemon::Daemon(const Settings& settings, SettingsSource source)
    : events_(event_sink(), monotonic),
      live_(settings, std::move(source), [this](const Policy& policy) { adopt(policy); }),
      filter_(std::make_shared<const Policy>(settings.policy),
              {.clients = settings.clients, .seed = 0, .resident = true}),
      feed_(std::make_shared<const Policy>(settings.policy)),
      supervisor_(settings.workers, events_) {}

Daemon::~Daemon() { stop(); }

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::open(const std::vector<WirePlan>& plan,
                                                     const Settings& settings, SettingsSource source) {
  std::unique_ptr<Daemon> daemon;
  try {
    daemon.reset(new Daemon(settings, std::move(source)));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("clients: no memory for ", settings.clients));
  }
  absl::StatusOr<std::unique_ptr<Wiring>> wiring = Wiring::open(plan, settings.workers, settings.driver);
  if (!wiring.ok()) return wiring.status();
  daemon->wiring_ = *std::move(wiring);
  absl::StatusOr<std::unique_ptr<LinkWatch>> links =
      LinkWatch::open(*daemon->wiring_, settings, daemon->events_, monotonic());
  if (!links.ok()) return links.status();
  daemon->links_ = *std::move(links);
  for (unsigned i = 0; i < settings.workers; ++i) {
    daemon->counters_.push_back(std::make_unique<Counters>(daemon->wiring_->ports().size()));
    daemon->censuses_.push_back(std::make_unique<Census>());
  }
  daemon->taps_ = std::make_unique<Taps>(settings.workers, daemon->wiring_->ports().size());
  daemon->lookout_ = std::make_unique<Lookout>(*daemon->taps_);
  return daemon;
}

void Daemon::start() {
  started_ = std::chrono::steady_clock::now();
  const auto workers = static_cast<unsigned>(counters_.size());
  const bool polls = settings().idle == Idle::poll;
  for (unsigned i = 0; i < workers; ++i) {
    std::promise<void> made;
    std::future<void> begun = made.get_future();
    // Shared here: settings may change before the thread begins.
    threads_.emplace_back(
        [this, i, workers, polls, filter = filter_.share(), made = std::move(made)]() mutable {
          pthread_setname_np(pthread_self(), absl::StrCat("worker ", i).c_str());
          number_thread(i);
          std::optional<Worker> worker;
          try {
            worker.emplace(Worker::Place{.index = i, .workers = workers, .polls = polls}, wiring_->wires(i),
                           std::move(filter), feed_, *counters_[i], *censuses_[i], *taps_);
          } catch (...) {
            return made.set_exception(std::current_exception());
          }
          made.set_value();
          worker->run(stop_);
        });
    begun.get();
  }
  events_.tell(EventKind::started, "", absl::StrCat("frames flow, mode ", word(settings().policy.mode)));
}

void Daemon::stop() {
  if (lookout_ != nullptr) lookout_->stop();
  stop_.store(true, std::memory_order_relaxed);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

absl::Status Daemon::check() {
  wiring_->forget_dead_watchers();
  for (const Wiring::Place& place : wiring_->ports()) {
    const Port& port = *place.port;
    if (!port.exists()) return absl::UnavailableError(absl::StrCat("port ", port.name(), ": has gone away"));
    if (std::string trouble = port.trouble(); trouble != troubles_[&port]) {
      spdlog::warn("port {}: {}", port.name(),
                   trouble.empty() ? "all of its frames are seen again" : trouble);
      troubles_[&port] = std::move(trouble);
    }
    if (port.unfinished() == 0 || !warned_of_.insert(&port).second) continue;
    spdlog::warn(
        "port {}: frames come in with unfinished checksums; switch tx offload off where they are sent",
        port.name());
  }
  links_->look(monotonic());
  watch_relays(monotonic());
  take_rates(monotonic());
  return absl::OkStatus();
}

Totals Daemon::totals() const {
  Totals totals;
  for (const auto& worker : counters_) totals.add(*worker);
  return totals;
}

// Counted once a second at the most, however many ask.
Occupancy Daemon::held(Time now) const {
  const std::lock_guard hold(counting_);
  if (!counted_ || now - *counted_ >= std::chrono::seconds(1)) {
    held_ = filter_.occupancy(now);
    counted_ = now;
  }
  return held_;
}

std::vector<const Census*> Daemon::censuses() const {
  std::vector<const Census*> threads;
  for (const auto& census : censuses_) threads.push_back(census.get());
  return threads;
}

std::vector<std::string> Daemon::port_names() const {
  std::vector<std::string> names;
  for (const Wiring::Place& place : wiring_->ports()) names.push_back(place.port->name());
  return names;
}

CensusTotals Daemon::relays() const { return CensusTotals(censuses()); }

void Daemon::take_rates(Time now) {
  if (!rates_.due(now)) return;  // nobody else notes
  std::vector<uint64_t> missed;
  for (const Wiring::Place& place : wiring_->ports()) missed.push_back(place.port->missed());
  const Totals so_far = totals();
  const std::lock_guard hold(rates_mutex_);
  rates_.note(so_far, missed, now);
}

void Daemon::watch_relays(Time now) {
  if (now - watched_ < RelayWatch::kPeriod) return;
  watched_ = now;
  const std::vector<std::string> ports = port_names();
  const CensusTotals census = relays();
  std::vector<Happening> news;
  {
    const std::lock_guard hold(watching_);
    news = relay_watch_.look(census, ports, now);
  }
  if (const uint64_t evicted = totals().evicted; evicted > evicted_) {
    evicted_ = evicted;
    news.push_back(
        {EventKind::table_full, "",
         absl::StrCat(
             "the memory is full: ", evicted,
             " records had to make room before their window ended so far; more clients would hold them")});
  }
  for (Happening& one : news) events_.tell(one.kind, std::move(one.about), std::move(one.text));
  events_.tick();
}

bool Daemon::silent(uint32_t router) const {
  const std::lock_guard hold(watching_);
  return relay_watch_.silent(router);
}

std::string Daemon::metrics() const {
  const Duration clock_began = std::chrono::system_clock::now().time_since_epoch() - monotonic();
  return metrics_text({.snapshot = snapshot(),
                       .relays = relays(),
                       .silent = [this](uint32_t router) { return silent(router); },
                       .events = events_.counts(),
                       .events_left_out = events_.left_out(),
                       .clock_began = clock_began});
}

void Daemon::watch_workers() {
  std::vector<uint64_t> rounds;
  for (const auto& worker : counters_) rounds.push_back(worker->rounds.get());
  supervisor_.look(rounds, monotonic());
}

Snapshot Daemon::snapshot() const {
  Snapshot now;
  now.totals = totals();
  const Settings in_force = settings();
  now.mode = in_force.policy.mode;
  now.capacity = in_force.clients;
  now.held = held(monotonic());
  now.false_positives = filter_.false_positives(monotonic());
  now.uptime = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  for (size_t i = 0; i < now.totals.ports.size(); ++i) {
    const auto& [port, server, wire] = wiring_->ports()[i];
    const Interface* interface = port->interface();
    now.ports.push_back({.name = port->name(),
                         .driver = std::string(port->driver()),
                         .server = server,
                         .wire = wire + 1,
                         .link = port->link(),
                         .held = interface != nullptr && interface->held_down(),
                         .counted = now.totals.ports[i],
                         .missed = port->missed(),
                         .unfinished = port->unfinished()});
  }
  for (size_t i = 0; i < counters_.size(); ++i)
    now.workers.push_back({.rounds = counters_[i]->rounds.get(),
                           .busy = counters_[i]->busy.get(),
                           .busy_seconds = static_cast<double>(counters_[i]->busy_ns.get()) / 1e9,
                           .wakeups = counters_[i]->wakeups.get(),
                           .stalls = supervisor_.stalls(i),
                           .stalled = supervisor_.stalled(i)});
  now.relays_heard = relays_heard(censuses());
  const std::lock_guard hold(rates_mutex_);
  now.rates = rates_.rates();
  return now;
}

void Daemon::adopt(const Policy& wanted) {
  const std::lock_guard one_at_a_time(changing_);
  const auto policy = std::make_shared<const Policy>(wanted);
  filter_.adopt(policy);
  filter_.retune();
  feed_.publish(policy);
}

void Daemon::flush() {
  const std::lock_guard one_at_a_time(changing_);
  filter_.flush();
}

}  // namespace relaysieve
