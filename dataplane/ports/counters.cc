// SPDX-License-Identifier: Apache-2.0
#include "ports/counters.h"

#include <numeric>

namespace relaysieve {

void Totals::add(const Counters& worker) {
  for (size_t i = 0; i < kReasonCount; ++i) {
    const uint64_t judged = worker.reasons[i].get();
    reasons[i] += judged;
    of_v6[i] += worker.of_v6[i].get();
    if (kReasons[i].action == Action::drop) dropped += judged;
  }
  forwarded += worker.forwarded.get();
  refused += worker.refused.get();
  extra += worker.extra.get();
  evicted += worker.evicted.get();
  recalled += worker.recalled.get();
  ports.resize(worker.ports.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    const PortCounters& port = worker.ports[i];
    received += port.rx_frames.get();
    ports[i].rx_frames += port.rx_frames.get();
    ports[i].rx_bytes += port.rx_bytes.get();
    ports[i].tx_frames += port.tx_frames.get();
    ports[i].tx_bytes += port.tx_bytes.get();
    ports[i].refused += port.refused.get();
  }
}

uint64_t Totals::requests() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < kReasonCount; ++i)
    if (is_of_request(static_cast<Reason>(i))) sum += reasons[i];
  return sum;
}

bool Totals::sums_agree() const {
  const uint64_t judged = std::accumulate(reasons.begin(), reasons.end(), uint64_t{0});
  uint64_t handed = 0;
  for (const Port& port : ports) handed += port.tx_frames + port.refused;
  return received == judged && received == forwarded + dropped + refused &&
         handed == forwarded + refused + extra;
}

}  // namespace relaysieve
