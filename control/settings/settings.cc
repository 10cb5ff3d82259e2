// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "settings/nearest.h"
#include "settings/settings_kinds.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;

// Names are shown as they are: a terminal would obey a control character, and a line's end would make two lines of a log's one.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

bool is_path(std::string_view text) { return !text.empty() && is_plain(text); }

bool is_off_or_listener(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (text == "off" || colon == text.npos) return text == "off";
  const auto port = number_of<uint16_t>(text.substr(colon + 1));
  const auto address = address_of(text.substr(0, colon));
  return port && *port != 0 && address && address->is_ip4();
}

bool is_port(const std::string& port) { return !port.empty() && is_plain(port); }

std::optional<std::string> port_of(std::string_view text) {
  const auto ports = split_ports(std::string(text));
  return ports.size() == 1 && is_port(ports[0]) ? std::optional(ports[0]) : std::nullopt;
}

bool is_port_or_none(std::string_view text) { return text.empty() || port_of(text); }

std::optional<std::string> wire_of(std::string_view text) {
  const auto ports = split_ports(std::string(text));
  const bool fits = ports.size() == 2 && std::ranges::all_of(ports, is_port);
  return fits ? std::optional(std::string(text)) : std::nullopt;
}

// Whether there is such a group is this machine's business.
bool is_group_or_none(std::string_view text) {
  return is_plain(text) && text.find_first_of(": ") == text.npos;
}

std::string itself(const std::string& text) { return text; }

}  // namespace

const std::vector<Setting>& settings_table() {
  using namespace kinds;
  static const std::vector<Setting> table = {
      choice(
          "mode", &Policy::mode, {"enforce", "monitor", "bypass"},
          "enforce drops second copies; monitor forwards everything and says what enforce would drop; bypass "
          "looks at nothing"),
      duration("window", &Policy::window, 10ms, 5s, "10ms to 5s", "",
               "a copy from another relay within this time of the first one is a second copy"),
      duration(
          "echo_window", &Policy::echo_window, 0ms, 200ms - 1ns, "0 to below 200ms",
          ": GRUB repeats a request after 200ms, and would not be heard",
          "a copy from the same relay within this time is the network's doing; must be below the window"),
      duration(
          "turn_after", &Policy::turn_after, 0s, 60s, "0 to 60s", "",
          "a client that still asks for the same thing after this time gets another relay's turn; 0 = off"),
      choice("match", &Policy::match, {"content", "identity"},
             "content compares all options; identity only those that tell requests apart, for routers that "
             "rewrite the others"),
      choice(
          "scope", &Policy::scope, {"subnet", "any", "exact"},
          "copies belong together when the relays' addresses are in one subnet, whatever they are, or equal"),
      number<uint8_t>("subnet_bits", &Policy::subnet_bits, 0, 32, "prefix length for scope subnet"),
      number<uint8_t>("subnet6_bits", &Policy::subnet6_bits, 0, 128,
                      "prefix length for scope subnet, of DHCPv6's link-addresses"),
      boolean("ignore_vlan", &Policy::ignore_vlan,
              "copies on different VLANs may belong together: for routers on two VLANs of one trunk"),
      boolean("dedup_prefix_delegation", &Policy::dedup_prefix_delegation,
              "judge DHCPv6 requests for prefixes as well, from whose replies relays learn routes"),
      networks("trusted_relays", &Policy::trusted_relays,
               "judge only copies whose source address, and giaddr or link-address, are in here; none = all"),
      groups<Network>({.name = "relay_groups",
                       .sentence = "relays of one group are one scope, whatever their subnets",
                       .allowed = kNetworkAllowed,
                       .example = "[relay_groups]\ncampus = [\"192.0.2.1\", \"192.0.2.2\"]"},
                      &Policy::relay_groups, &Settings::relay_group_names, network_of, print_network),
      groups<Address>({.name = "server_groups",
                       .sentence = "servers of one group are one server: a copy to another member is a copy",
                       .allowed = "an IP address, such as 10.0.0.1 or 2001:db8::1",
                       .example = "[server_groups]\nwds = [\"10.30.0.10\", \"10.30.0.11\"]"},
                      &Policy::server_groups, &Settings::server_group_names, address_of, print_address),
      number<size_t>("clients", &Settings::clients, 64, 16'777'216,
                     "how many clients are remembered at once"),
      list<std::string>(
          {.name = "routers",
           .offline = false,
           .sentence = "port that the routers are behind, or several",
           .allowed = "a port: a network interface, a PCI address, or vdev: and what DPDK takes",
           .metavar = "PORT[,PORT..]",
           .example = R"(routers = ["eth1"])",
           .split = split_ports},
          &Settings::routers, port_of, itself),
      text({.name = "server",
            .sentence = "port that the boot server is behind",
            .allowed = "one port: a network interface, a PCI address, or vdev: and what DPDK takes",
            .metavar = "PORT",
            .example = R"(server = "eth2")"},
           &Settings::server, is_port_or_none),
      list<std::string>(
          {.name = "wire",
           .offline = false,
           .sentence = "instead of these two: a routers' port and a server's, once for each wire",
           .allowed = "two ports, the routers' and the server's: eth1,eth2",
           .metavar = "PORT,PORT",
           .example = R"(wire = ["eth1,eth2", "eth3,eth4"])",
           .split = [](const std::string& given) { return std::vector{given}; }},
          &Settings::wires, wire_of, itself),
      choice("driver", &Settings::driver, {kDriverNames.begin(), kDriverNames.end()},
             "how a network interface is opened; auto takes af_xdp where that sees and carries every frame",
             /*offline=*/false),
      number<unsigned>("workers", &Settings::workers, 1, 64,
                       "threads that move frames, each with its own queue of every port", /*offline=*/false),
      choice("link_loss", &Settings::link_loss, {"forward", "ignore"},
             "while one side of a wire has no link, forward keeps the other side down, as a cable would",
             /*offline=*/false),
      choice("idle", &Settings::idle, {"sleep", "poll"},
             "while no frame comes, sleep waits for one in the kernel; poll keeps asking, and takes a core "
             "for each worker",
             /*offline=*/false),
      text({.name = "control",
            .sentence = "Unix socket of the daemon",
            .allowed = "a path",
            .metavar = "PATH"},
           &Settings::control, is_path),
      text({.name = "control_group",
            .sentence = "group whose members may use the control socket, besides root",
            .allowed = "a group, by name or number",
            .metavar = "GROUP",
            .example = R"(control_group = "netops")"},
           &Settings::control_group, is_group_or_none),
      text({.name = "metrics",
            .sentence = "where Prometheus metrics are served",
            .allowed = "an IPv4 address and a port, such as 127.0.0.1:9467, or off",
            .metavar = "ADDR:PORT|off"},
           &Settings::metrics, is_off_or_listener),
  };
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find(settings_table(), name, &Setting::name);
  return found == settings_table().end() ? nullptr : &*found;
}

const Setting& setting(std::string_view name) { return *find_setting(name); }

std::string no_such_setting(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Setting& known : settings_table()) names.push_back(known.name);
  const std::string what = in_quotes(name) + " is not a setting";
  if (const auto meant = nearest(name, names))
    return absl::StrCat(what, ": did you mean ", view(*meant), "?");
  const auto append = [](std::string* out, std::string_view known) { out->append(known); };
  return absl::StrCat(what, "; these are: ", absl::StrJoin(names, ", ", append));
}

std::string name_of(const Setting& setting, std::string_view group) {
  return absl::StrCat(view(setting.name), group.empty() ? "" : ".", absl::Utf8SafeCEscape(view(group)));
}

std::string flag_of(const Setting& setting) {
  std::string flag = absl::StrCat("--", view(setting.name));
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string head_of(const std::string& place, const Setting& setting, std::string_view group) {
  return place == flag_of(setting) ? place : absl::StrCat(place, ": ", name_of(setting, group));
}

std::string head_of(const Settings& settings, const Setting& setting) {
  const auto place = settings.from.find(setting.name);
  return place == settings.from.end() ? name_of(setting) : head_of(place->second, setting);
}

}  // namespace relaysieve
