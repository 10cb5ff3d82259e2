// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "doctor/doctor.h"

namespace relaysieve {

// Boxes for the doctor, and what befalls them.

inline PortFacts card(const std::string& name) {
  PortFacts port;
  port.name = name;
  port.choice = {.kernel_driver = "ixgbe", .mtu = 1500, .rx_queues = 1, .tx_queues = 1};
  port.up = port.link = true;
  return port;
}

// A box without any trouble, before its daemon is started.
inline Facts box() {
  Facts facts;
  facts.version = "0.1.0";
  facts.daemon_error = "no relaysieved answers";
  facts.kernel_major = 6;
  facts.kernel_minor = 8;
  facts.cores = 4;
  facts.huge_pages.push_back({.size = 2 << 20, .free = 64, .mount = "/dev/hugepages"});
  facts.clock = "tsc";
  facts.synchronised = true;
  facts.nftables = "";
  facts.root = true;
  facts.ports.push_back(card("eth1"));
  facts.ports.push_back(card("eth2"));
  return facts;
}

// The same with its daemon.
inline Facts running_box() {
  Facts facts = box();
  facts.daemon_error = "";
  facts.daemon = {.version = "0.1.0", .memory = "shared_huge_pages", .barrier = "", .files = 524288};
  for (PortFacts& port : facts.ports) {
    port.opened_with = "af_xdp";
    port.promiscuity = 1;
    port.choice.has_programme = true;
  }
  return facts;
}

// The same with a bridge behind its wire.
inline Facts with_fallback(Facts facts) {
  for (PortFacts& port : facts.ports) {
    port.master = "rs-rack";
    port.master_kind = "bridge";
    port.beside = {port.name == "eth1" ? "eth2" : "eth1"};
  }
  return facts;
}

inline Facts safe_box() { return with_fallback(running_box()); }

inline Level worst(const Facts& facts) { return examine(facts).front().level; }

// What befalls a box, and what is to be found then, and only then.
struct Case {
  const char* name;
  Facts (*of)();
  std::function<void(Facts&)> befall;
  Level level;
  std::string subject, found, advice;  // of these, a part each
};

inline bool has(const Facts& facts, const Case& wanted) {
  return std::ranges::any_of(examine(facts), [&](const Finding& finding) {
    return finding.level == wanted.level && finding.subject == wanted.subject &&
           finding.found.find(wanted.found) != std::string::npos &&
           finding.advice.find(wanted.advice) != std::string::npos &&
           (finding.advice.empty() == wanted.advice.empty());
  });
}

inline void find_each(const std::vector<Case>& cases) {
  for (const Case& trouble : cases) {
    Facts facts = trouble.of();
    EXPECT_FALSE(has(facts, trouble)) << trouble.name;
    trouble.befall(facts);
    EXPECT_TRUE(has(facts, trouble)) << trouble.name << "\n" << render_findings(to_json(examine(facts)));
  }
}

}  // namespace relaysieve
