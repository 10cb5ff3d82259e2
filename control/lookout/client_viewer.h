// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dhcp_frame.h"
#include "http/stream.h"
#include "lookout/lookout.h"

namespace relaysieve {

// Counts the relayed requests of each client for a while, and says then which are the busiest, as JSON.
class ClientViewer : public Viewer {
 public:
  static constexpr size_t kClients = 65536;  // told apart
  static constexpr size_t kShown = 50;

  ClientViewer(std::shared_ptr<Stream> stream, Duration time, Time now)
      : stream_(std::move(stream)), time_(time), began_(now) {}

  void see(const Sight& sight) override;
  bool go_on(Time now, const std::vector<uint64_t>& lost) override;
  void end(const std::vector<uint64_t>& lost, bool cut) override;

 private:
  struct Client {
    uint64_t requests = 0, dropped = 0;
    std::string type;  // of the latest message, in words
  };
  using Key = std::pair<uint8_t, decltype(ClientId::bytes)>;

  const std::shared_ptr<Stream> stream_;
  const Duration time_;
  const Time began_;
  std::map<Key, Client> clients_;
  uint64_t requests_ = 0, others_ = 0;
};

// The reasons that relayed requests have.
inline constexpr TapFilter kRequests = {.reasons =
                                            [] {
                                              uint64_t reasons = 0;
                                              for (size_t i = 0;
                                                   i <= static_cast<size_t>(Reason::untrusted_relay); ++i)
                                                if (static_cast<Reason>(i) != Reason::looped)
                                                  reasons |= TapFilter::bit(static_cast<Reason>(i));
                                              return reasons;
                                            }(),
                                        .longest = 512};

}  // namespace relaysieve
