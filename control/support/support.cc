// SPDX-License-Identifier: Apache-2.0
#include "support/support.h"

#include <netdb.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/client.h"
#include "client/find_daemon.h"
#include "client/program.h"
#include "client/web.h"
#include "doctor/doctor_facts.h"
#include "support/mask.h"
#include "version.h"

namespace relaysieve {
namespace {

using Exhibits = std::vector<Exhibit>;
using Words = std::vector<std::string>;

void add(Exhibits& exhibits, std::string name, const absl::StatusOr<std::string>& content) {
  exhibits.push_back(
      {std::move(name), content.value_or(""), content.ok() ? "" : std::string(content.status().message())});
}

absl::StatusOr<std::string> text_of(const std::string& file) {
  std::ifstream in(file);
  if (!in) return absl::NotFoundError(absl::StrCat(file, ": there is none, or it cannot be read"));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void ask_daemon(Exhibits& exhibits, const std::string& control) {
  for (const char* what : {"status", "relays", "settings", "advice", "events", "doctor"}) {
    const auto said = ask(control, "GET", absl::StrCat("/v1/", what));
    const auto text = said.ok() ? absl::StatusOr<std::string>(said->dump(2) + "\n") : said.status();
    add(exhibits, absl::StrCat(what == std::string_view("doctor") ? "doctor-daemon" : what, ".json"), text);
  }
}

// Of several programs one after another, with what was asked before each; what fails says so in its place.
std::string outputs_of(const std::vector<Words>& programs) {
  std::string text;
  for (const Words& words : programs) {
    absl::StrAppend(&text, "$ ", absl::StrJoin(words, " "), "\n");
    const auto output = output_of(words);
    absl::StrAppend(&text, output.ok() ? *output : absl::StrCat(output.status().message(), "\n"), "\n");
  }
  return text;
}

std::string versions() {
  const std::vector<Words> programs = {{"uname", "-srvm"},
                                       {"cat", "/etc/os-release"},
                                       {"dpkg-query", "-W", "relaysieve*", "libdpdk*", "librte*", "dpdk*",
                                        "libxdp1", "libbpf*", "libpcap0*", "libnftables1"}};
  return absl::StrCat("relaysieve ", kVersion, "\n\n", outputs_of(programs));
}

std::string interfaces(const Facts& facts) {
  std::vector<Words> programs;
  for (const PortFacts& port : facts.ports) {
    if (port.kind != PortFacts::Kind::interface) continue;
    programs.push_back({"ip", "-details", "-statistics", "address", "show", "dev", port.name});
    for (const char* what : {"-k", "-i", "-l", "-g"}) programs.push_back({"ethtool", what, port.name});
  }
  return outputs_of(programs);
}

Words names_of_this_host() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  const std::string whole = name;
  return {whole, whole.substr(0, whole.find('.'))};
}

}  // namespace

Exhibits collect_exhibits(const SettingsSource& source, const Settings& settings) {
  Exhibits exhibits;
  ask_daemon(exhibits, control_given(settings));
  add(exhibits, "metrics.txt",
      settings.metrics == "off" ? absl::NotFoundError("metrics = \"off\"")
                                : get_page(absl::StrCat("http://", settings.metrics, "/metrics")));
  const Facts facts = gather_facts(settings);
  const nlohmann::ordered_json findings = to_json(examine(facts));
  add(exhibits, "doctor.txt", render_findings(findings));
  add(exhibits, "doctor.json", findings.dump(2) + "\n");
  add(exhibits, "interfaces.txt", interfaces(facts));
  add(exhibits, "versions.txt", versions());
  add(exhibits, "relaysieve.toml", text_of(source.path()));
  add(exhibits, "journal.txt",
      output_of({"journalctl", "--no-pager", "--no-hostname", "--output=short-iso-precise", "--lines=5000",
                 "--unit=relaysieved*"}));
  return exhibits;
}

void mask_exhibits(Exhibits& exhibits) {
  std::random_device random;
  Masker masker([&] { return random(); }, names_of_this_host());
  for (Exhibit& exhibit : exhibits) {
    exhibit.content = masker.mask(exhibit.content);
    exhibit.missing = masker.mask(exhibit.missing);
  }
}

std::string describe(const Exhibits& exhibits, bool masked) {
  std::string text =
      absl::StrCat("What relaysieve ", kVersion, " and the box that it runs on say of themselves.\n\n");
  for (const Exhibit& exhibit : exhibits) {
    const std::string about = exhibit.missing.empty() ? absl::StrCat(exhibit.content.size(), " bytes")
                                                      : absl::StrCat("missing: ", exhibit.missing);
    absl::StrAppendFormat(&text, "  %-20s %s\n", exhibit.name, about);
  }
  if (!masked) return absl::StrCat(text, "\nNothing is masked: addresses and names are the real ones.\n");
  return absl::StrCat(text, R"(
Addresses are masked; the same address is the same throughout, and how they were chosen is kept nowhere.
  IPv4   became 240.0.0.0 to 254.255.255.255, which nobody has; addresses that shared 16 or more leading bits
         share as many. 0.0.0.0, 127.0.0.0/8, multicast and netmasks are as they were.
  IPv6   became 2001:db8::/32; link-local addresses still are. Networks (/48, /64) that were equal still are.
  MAC    the first three bytes (the vendor) are real, the others are not. Group addresses, VRRP's and HSRP's are as they were.
  The name of this host became "host".
Not masked: names of ports, groups and files, what comments in the settings file say, and every number.
)");
}

}  // namespace relaysieve
