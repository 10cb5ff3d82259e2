// SPDX-License-Identifier: Apache-2.0
#include "status/look_at.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "relaysieve/reason.h"
#include "status/status.h"

namespace relaysieve {
namespace {

using Json = nlohmann::ordered_json;

// Of a daemon that has judged ten thousand requests and has no trouble.
Json healthy() {
  Json status = Json::parse(R"({
    "version": "0.1.0", "mode": "enforce", "uptime_seconds": 3600.5,
    "workers": [{"stalls": 0, "stalled": false}, {"stalls": 0, "stalled": false}],
    "ports": [
      {"name": "eth1", "side": "routers", "driver": "af_xdp", "link": true, "held": false, "unfinished_checksums": 0,
       "rx_frames": 30000, "tx_frames": 9000, "refused": 0, "missed": 0},
      {"name": "eth2", "side": "server", "driver": "af_xdp", "link": true, "held": false, "unfinished_checksums": 0,
       "rx_frames": 9000, "tx_frames": 20000, "refused": 0, "missed": 0}],
    "totals": {"received": 39000, "forwarded": 29000, "dropped": 10000, "refused": 0},
    "requests": {"forwarded": 10000, "dropped": 10000},
    "memory": {"capacity": 262144, "clients": 1000, "transmissions": 1000, "evicted": 0},
    "relays_heard": 2,
    "rates": {"over_seconds": 10, "requests": 12.5, "dropped": 6, "late_copies": 0, "evicted": 0,
              "since_request_seconds": 0,
              "ports": [{"name": "eth1", "rx_frames": 30, "rx_bits": 12345678, "tx_frames": 9, "tx_bits": 900, "refused": 0, "missed": 0},
                        {"name": "eth2", "rx_frames": 9, "rx_bits": 900, "tx_frames": 20, "tx_bits": 2000, "refused": 0, "missed": 0}]}
  })");
  for (const ReasonInfo& reason : kReasons) status["reasons"][std::string(reason.name)] = 0;
  status["reasons"]["first_copy"] = 10000;
  status["reasons"]["second_copy"] = 10000;
  return status;
}

// One trouble, in the words of the status, and what is said of it.
struct Trouble {
  std::vector<std::pair<const char*, Json>> changes;  // JSON pointer, value
  Level level;
  std::string text, command;

  void befall(Json& status) const {
    for (const auto& [where, value] : changes) status[Json::json_pointer(where)] = value;
  }
};

// The most important first.
const std::vector<Trouble> kTroubles = {
    {{{"/workers/1/stalled", true}},
     Level::problem,
     "worker 1 stands still, and its frames with it",
     "relaysieve events"},
    {{{"/ports/1/link", false}, {"/ports/0/link", false}, {"/ports/0/held", true}},
     Level::problem,
     "no link: port eth2; held down with it (link_loss): port eth1",
     "ip link show eth2"},
    {{{"/mode", "bypass"}}, Level::warning, "mode bypass: nothing is looked at", "relaysieve mode enforce"},
    {{{"/rates/ports/1/refused", 3.5}},
     Level::problem,
     "port eth2 refuses frames, 3.5 a second",
     "relaysieve doctor"},
    {{{"/rates/ports/0/missed", 7}},
     Level::problem,
     "port eth1 loses frames before they are seen, 7 a second",
     "relaysieve doctor"},
    {{{"/reasons/late_copy", 20}},
     Level::warning,
     "the window falls short: 20 copies came after it, and passed",
     "relaysieve advise"},
    {{{"/reasons/twin_other_scope", 200}},
     Level::warning,
     "200 copies passed because their relays seem to be of different subnets",
     "relaysieve relays"},
    {{{"/reasons/rewritten", 200}},
     Level::warning,
     "200 copies passed because a router rewrites their options",
     "relaysieve relays"},
    {{{"/memory/clients", 262000}},
     Level::warning,
     "the memory is full, at 262000 of 262144: raise `clients`",
     "relaysieve config show"},
    {{{"/rates/evicted", 3}},
     Level::warning,
     "requests push each other out of a memory that has room (1000 of 262144): some client asks far too "
     "often",
     "relaysieve top"},
    {{{"/ports/0/unfinished_checksums", 5}},
     Level::warning,
     "port eth1: 5 frames with unfinished checksums",
     "relaysieve doctor"},
    {{{"/relays_heard", 1}},
     Level::note,
     "only one relay has been heard: there is nothing to drop",
     "relaysieve relays"},
    {{{"/rates/since_request_seconds", 900}},
     Level::note,
     "frames flow, but no request has come for 15 minutes",
     "relaysieve doctor"},
};

TEST(LookAt, AllIsWell) {
  const LookAt look = look_at(healthy());
  EXPECT_EQ(look.level, Level::ok);
  EXPECT_EQ(look.text, "all is well");
  EXPECT_EQ(look.command, "");
}

TEST(LookAt, EachTroubleIsNamedWithTheCommandThatShowsMore) {
  for (const Trouble& trouble : kTroubles) {
    Json status = healthy();
    trouble.befall(status);
    const LookAt look = look_at(status);
    EXPECT_EQ(look.level, trouble.level) << trouble.text;
    EXPECT_EQ(look.text, trouble.text);
    EXPECT_EQ(look.command, trouble.command);
  }
}

TEST(LookAt, OfTwoTheMoreImportant) {
  for (size_t i = 0; i < kTroubles.size(); ++i) {
    for (size_t j = i + 1; j < kTroubles.size(); ++j) {
      Json status = healthy();
      kTroubles[j].befall(status);
      kTroubles[i].befall(status);
      EXPECT_EQ(look_at(status).command, kTroubles[i].command)
          << kTroubles[i].text << " and " << kTroubles[j].text;
    }
  }
}

TEST(LookAt, WhatIsRareAndLongAgoIsNoTrouble) {
  Json status = healthy();
  status["reasons"]["late_copy"] = 19;  // of 20,000
  status["reasons"]["twin_other_scope"] = 199;
  status["reasons"]["rewritten"] = 199;
  EXPECT_EQ(look_at(status).level, Level::ok);
  status["rates"]["late_copies"] = 0.1;  // just now
  EXPECT_EQ(look_at(status).command, "relaysieve advise");
}

TEST(LookAt, OneRelayIsNoTroubleBeforeItsPairCouldHaveBeenHeard) {
  Json status = healthy();
  status["relays_heard"] = 1;
  status["requests"] = {{"forwarded", 19}, {"dropped", 0}};
  EXPECT_EQ(look_at(status).level, Level::ok);
  status["requests"] = {{"forwarded", 20}, {"dropped", 0}};
  EXPECT_EQ(look_at(status).command, "relaysieve relays");
}

TEST(LookAt, AQuietNightIsNoTrouble) {
  Json status = healthy();
  status["rates"]["since_request_seconds"] = 90'000;
  for (Json& port : status["rates"]["ports"]) port["rx_frames"] = 0;
  EXPECT_EQ(look_at(status).level, Level::ok);
}

TEST(StatusRender, ShowsWhatTheJsonSays) {
  Json status = healthy();
  status["ports"][0]["link"] = false;
  status["ports"][0]["held"] = true;
  status["ports"][1]["link"] = false;
  status["families"]["v6"]["second_copy"] = 400;
  status["look_at"] = to_json(look_at(status));
  const std::string text = render_status(status);
  EXPECT_TRUE(text.starts_with(
      "relaysieved 0.1.0, mode enforce, up 1h\n"
      "no link: port eth2; held down with it (link_loss): port eth1; next: ip link show eth2\n"))
      << text;
  for (const char* part :
       {"eth1  routers  af_xdp     held", "eth2  server   af_xdp     down",
        "over the last 10 s\neth1          30.0         12.3M           9.0           900\n",
        "\nrequests 20000 = forwarded 10000 + dropped 10000; 12.5 a second\n",
        "\nmemory: 1000 clients and 1000 transmissions, of 262144 each\n",
        "   10000  drop     second_copy                 another relay already brought this transmission (400 "
        "of DHCPv6)\n",
        "   10000  forward  first_copy                  the first copy of a client's transmission\n",
        "\nreceived 39000 = forwarded 29000 + dropped 10000 + refused 0\n"})
    EXPECT_NE(text.find(part), text.npos) << part << "\nis not in\n" << text;
}

TEST(StatusRender, ColourIsOnTopOfTheWords) {
  Json status = healthy();
  status["workers"][0]["stalled"] = true;
  status["look_at"] = to_json(look_at(status));
  std::string text = render_status(status, Style::coloured());
  EXPECT_NE(text.find("\x1b[1;31mworker 0 stands still"), text.npos) << text;
  for (size_t at = 0; (at = text.find('\x1b')) != text.npos;) text.erase(at, text.find('m', at) + 1 - at);
  EXPECT_EQ(text, render_status(status));
}

}  // namespace
}  // namespace relaysieve
