// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.h"

#include <chrono>

#include "metrics/metrics_relays.h"
#include "metrics/scrape.h"
#include "version.h"

namespace relaysieve {
namespace {

Labels of(const Snapshot::Port& port) {
  return {{"port", port.name}, {"side", port.server ? "server" : "routers"}};
}

Labels with(Labels labels, const char* name, const char* value) {
  labels.push_back({name, value});
  return labels;
}

// The one list of reasons, as help.
std::string help_of_verdicts() {
  std::string help = "Frames that came in, by what became of them and why.";
  for (const ReasonInfo& reason : kReasons)
    help.append(" ").append(reason.name).append(": ").append(reason.sentence).append(".");
  return help;
}

void daemon(Scrape& out, const Snapshot& snapshot) {
  out.gauge("build_info", "1, with the version of relaysieved.");
  out.add(1., {{"version", kVersion}});
  out.gauge("uptime_seconds", "Time since frames began to flow.");
  out.add(snapshot.uptime);
  out.gauge("mode", "1 for the mode in force, 0 for the others.");
  for (const Mode mode : {Mode::enforce, Mode::monitor, Mode::bypass})
    out.add(snapshot.mode == mode ? 1. : 0., {{"mode", word(mode)}});
}

void frames(Scrape& out, const Totals& totals) {
  out.counter("verdicts_total", help_of_verdicts());
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    for (const Family family : families_of(reason))
      out.add(totals.count(reason, family),
              {{"verdict", action_of(reason) == Action::drop ? "drop" : "forward"},
               {"reason", std::string(info(reason).name)},
               {"family", std::string(kFamilies[static_cast<size_t>(family)])}});
  }
  const auto total = [&](const char* name, const char* help, uint64_t value) {
    out.counter(name, help);
    out.add(value);
  };
  total("received_frames_total", "Frames that came in: forwarded, dropped and refused.", totals.received);
  total("forwarded_frames_total", "Frames that left by a port at least.", totals.forwarded);
  total("dropped_frames_total", "Frames whose verdict was to drop them.", totals.dropped);
  total("refused_frames_total", "Frames that should have left and did not: no port took them.",
        totals.refused);
}

void memory(Scrape& out, const Snapshot& snapshot) {
  out.gauge("memory_capacity", "Clients that can be remembered at once, each with one transmission.");
  out.add(snapshot.capacity);
  out.gauge("memory_clients", "Clients that are remembered: heard in the last 70 s. By sample above 380000.");
  out.add(snapshot.held.clients);
  out.gauge("memory_transmissions", "Transmissions that are: begun in the last 5 s. By sample above 380000.");
  out.add(snapshot.held.transmissions);
  out.counter("memory_evicted_total", "Records that had to make room before their window ended.");
  out.add(snapshot.totals.evicted);
  out.counter("memory_recalled_total",
              "Copies judged by what the Bloom filter still knew of such records, rightly or not.");
  out.add(snapshot.totals.recalled);
  out.gauge("memory_false_positive_ratio",
            "Probability that a first copy is taken for an evicted one, and dropped.");
  out.add(snapshot.false_positives);
}

void ports(Scrape& out, const std::vector<Snapshot::Port>& ports) {
  const auto both_ways = [&](const char* name, const char* help, uint64_t Totals::Port::*in,
                             uint64_t Totals::Port::*sent) {
    out.counter(name, help);
    for (const Snapshot::Port& port : ports) {
      out.add(port.counted.*in, with(of(port), "direction", "in"));
      out.add(port.counted.*sent, with(of(port), "direction", "out"));
    }
  };
  both_ways("port_frames_total", "Frames by port and direction.", &Totals::Port::rx_frames,
            &Totals::Port::tx_frames);
  both_ways("port_bytes_total", "Bytes by port and direction, from the destination MAC on, without the FCS.",
            &Totals::Port::rx_bytes, &Totals::Port::tx_bytes);
  out.counter("port_refused_frames_total", "Frames that this port would not send.");
  for (const Snapshot::Port& port : ports) out.add(port.counted.refused, of(port));
  out.counter("port_missed_frames_total",
              "Frames that came to this port and were lost before relaysieve saw them.");
  for (const Snapshot::Port& port : ports) out.add(port.missed, of(port));
  out.gauge("port_link_up", "1 while the port has a link.");
  for (const Snapshot::Port& port : ports) out.add(port.link ? 1. : 0., of(port));
  out.gauge("port_info", "1, with what drives the port and the number of its wire.");
  for (const Snapshot::Port& port : ports) {
    Labels labels = with(of(port), "driver", port.driver.c_str());
    out.add(1., with(std::move(labels), "wire", std::to_string(port.wire).c_str()));
  }
}

void workers(Scrape& out, const std::vector<Snapshot::Worker>& workers) {
  const auto each = [&](auto value) {
    for (size_t i = 0; i < workers.size(); ++i)
      out.add(static_cast<double>(value(workers[i])), {{"worker", std::to_string(i)}});
  };
  using Worker = Snapshot::Worker;
  out.counter("worker_rounds_total", "Rounds of a worker over its queues.");
  each([](const Worker& worker) { return worker.rounds; });
  out.counter("worker_busy_rounds_total", "Rounds in which frames came.");
  each([](const Worker& worker) { return worker.busy; });
  out.counter("worker_busy_seconds_total",
              "Time that such rounds took; its rate is the part of the time that a worker is busy.");
  each([](const Worker& worker) { return worker.busy_seconds; });
  out.counter("worker_wakeups_total", "Times that a worker woke from a rest, for frames or after 100 ms.");
  each([](const Worker& worker) { return worker.wakeups; });
  out.counter("worker_stalls_total", "Times that a worker stood still for a second or longer.");
  each([](const Worker& worker) { return worker.stalls; });
  out.gauge("worker_stalled", "1 while a worker stands still.");
  each([](const Worker& worker) { return worker.stalled; });
}

// A list's names with their sentences.
void events(Scrape& out, const EventCounts& counts, uint64_t left_out) {
  std::string help = "What has happened, told or not.";
  for (const EventInfo& event : kEvents)
    help.append(" ").append(event.name).append(": ").append(event.sentence).append(".");
  out.counter("events_total", std::move(help));
  for (size_t i = 0; i < kEventCount; ++i) out.add(counts[i], {{"event", std::string(kEvents[i].name)}});
  out.counter("events_left_out_total",
              "Events that were too many to tell, or that wait for their minute to end.");
  out.add(left_out);
}

}  // namespace

std::string metrics_text(const Scraped& scraped) {
  const Snapshot& snapshot = scraped.snapshot;
  Scrape out;
  daemon(out, snapshot);
  frames(out, snapshot.totals);
  memory(out, snapshot);
  ports(out, snapshot.ports);
  workers(out, snapshot.workers);
  relays(out, scraped);
  events(out, scraped.events, scraped.events_left_out);
  return out.text();
}

}  // namespace relaysieve
