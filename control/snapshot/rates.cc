// SPDX-License-Identifier: Apache-2.0
#include "snapshot/rates.h"

#include "clock.h"

namespace relaysieve {
bool RateMeter::due(Time now) const { return notes_.empty() || now - notes_.back().when >= kStep; }

void RateMeter::note(const Totals& totals, std::span<const uint64_t> missed, Time now) {
  if (notes_.empty() || totals.requests() > notes_.back().totals.requests()) requested_ = now;
  notes_.push_back({now, totals, {missed.begin(), missed.end()}});
  while (notes_.size() > 2 && now - notes_[1].when >= kSpan) notes_.pop_front();
}

Rates RateMeter::rates() const {
  Rates rates;
  if (notes_.empty()) return rates;
  const Note& now = notes_.back();
  const Note& then = notes_.front();
  rates.ports.resize(now.totals.ports.size());
  rates.since_request = in_seconds(now.when - requested_);
  rates.over = in_seconds(now.when - then.when);
  if (rates.over <= 0) return rates;
  const auto rate = [&](uint64_t before, uint64_t after) {
    return after > before ? static_cast<double>(after - before) / rates.over : 0;
  };
  const auto reason = [&](Reason name) { return rate(then.totals.count(name), now.totals.count(name)); };
  rates.requests = rate(then.totals.requests(), now.totals.requests());
  rates.dropped = rate(then.totals.dropped, now.totals.dropped);
  rates.late = reason(Reason::late_copy);
  rates.evicted = rate(then.totals.evicted, now.totals.evicted);
  for (size_t i = 0; i < rates.ports.size(); ++i) {
    const Totals::Port& before = then.totals.ports[i];
    const Totals::Port& after = now.totals.ports[i];
    rates.ports[i] = {.rx_frames = rate(before.rx_frames, after.rx_frames),
                      .rx_bits = 8 * rate(before.rx_bytes, after.rx_bytes),
                      .tx_frames = rate(before.tx_frames, after.tx_frames),
                      .tx_bits = 8 * rate(before.tx_bytes, after.tx_bytes),
                      .refused = rate(before.refused, after.refused),
                      .missed = rate(then.missed[i], now.missed[i])};
  }
  return rates;
}

}  // namespace relaysieve
