// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace relaysieve {

using Json = nlohmann::ordered_json;

std::string host_setup(const std::string& words) {
  return absl::StrCat(RELAYSIEVE_LIBEXEC "/host-setup --apply ", words);
}

std::vector<Finding> examine(const Facts& facts) {
  std::vector<Finding> findings = examine_machine(facts);
  for (const PortFacts& port : facts.ports)
    std::ranges::move(examine_port(port, facts), std::back_inserter(findings));
  std::ranges::move(examine_wires(facts), std::back_inserter(findings));
  std::ranges::stable_sort(findings, std::greater(), &Finding::level);
  return findings;
}

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  std::array<size_t, kLevelNames.size()> counts{};
  for (const Finding& finding : findings) {
    ++counts[static_cast<size_t>(finding.level)];
    list.push_back({{"level", word(finding.level)},
                    {"subject", finding.subject},
                    {"found", finding.found},
                    {"advice", finding.advice}});
  }
  Json totals;
  for (size_t i = 0; i < counts.size(); ++i) totals[std::string(kLevelNames[i])] = counts[i];
  return {{"findings", list}, {"counts", totals}};
}

std::string render_findings(const Json& findings, const Style& style) {
  std::string text;
  for (const Json& finding : findings.at("findings")) {
    const auto level = finding.at("level").get<std::string>();
    const auto advice = finding.at("advice").get<std::string>();
    absl::StrAppend(&text, style(level_of(level), absl::StrFormat("%-8s", level)),
                    finding.at("subject").get<std::string>(), ": ", finding.at("found").get<std::string>(),
                    "\n");
    if (!advice.empty()) absl::StrAppend(&text, "        > ", advice, "\n");
  }
  const auto count = [&](const char* level) { return findings.at("counts").at(level).get<size_t>(); };
  return absl::StrCat(text, "\nproblems ", count("problem"), ", warnings ", count("warning"), ", notes ",
                      count("note"), ", ok ", count("ok"), "\n");
}

}  // namespace relaysieve
