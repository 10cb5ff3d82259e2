// SPDX-License-Identifier: Apache-2.0
#include "lookout/client_viewer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace relaysieve {

using nlohmann::ordered_json;

void ClientViewer::see(const Sight& sight) {
  const auto dhcp = find_dhcp(sight.bytes);
  if (!dhcp) return;
  ++requests_;
  const Key key = {dhcp->client.length, dhcp->client.bytes};
  if (clients_.size() == kClients && !clients_.contains(key)) {
    ++others_;
    return;
  }
  Client& client = clients_[key];
  ++client.requests;
  client.dropped += info(sight.record.reason).action == Action::drop;
  client.type = message_type(dhcp->family, dhcp->type);
}

bool ClientViewer::go_on(Time now, const std::vector<uint64_t>&) {
  return now - began_ < time_ && !stream_->gone();
}

void ClientViewer::end(const std::vector<uint64_t>& lost, bool cut) {
  std::vector<std::pair<Key, Client>> busiest(clients_.begin(), clients_.end());
  std::ranges::stable_sort(
      busiest, [](const auto& a, const auto& b) { return a.second.requests > b.second.requests; });
  if (busiest.size() > kShown) busiest.resize(kShown);
  ordered_json shown = ordered_json::array();
  for (const auto& [key, client] : busiest)
    shown.push_back({{"client", ClientId{key.second, key.first}.text()},
                     {"requests", client.requests},
                     {"forwarded", client.requests - client.dropped},
                     {"dropped", client.dropped},
                     {"type", client.type}});
  const ordered_json said = {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(time_).count()},
                             {"requests", requests_},
                             {"distinct", clients_.size()},
                             {"others", others_},
                             {"lost", std::accumulate(lost.begin(), lost.end(), uint64_t{0})},
                             {"clients", shown}};
  const std::string text = said.dump(2) + "\n";
  if (cut) {
    stream_->cut();
  } else {
    stream_->end(text);
  }
}

}  // namespace relaysieve
