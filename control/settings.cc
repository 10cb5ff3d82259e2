// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "text.h"

namespace relaysieve {
namespace {

using namespace std::chrono_literals;
using Shape = Setting::Shape;

// A field of the settings or of the policy in them.
template <typename T>
T& at(Settings& settings, T Settings::*field) {
  return settings.*field;
}
template <typename T>
T& at(Settings& settings, T Policy::*field) {
  return settings.policy.*field;
}
template <typename T>
const T& at(const Settings& settings, T Settings::*field) {
  return settings.*field;
}
template <typename T>
const T& at(const Settings& settings, T Policy::*field) {
  return settings.policy.*field;
}

template <typename T>
constexpr bool in_policy(T Settings::*) {
  return false;
}
template <typename T>
constexpr bool in_policy(T Policy::*) {
  return true;
}

// How settings of each kind are declared.

constexpr const char* kNetworkAllowed = "an IPv4 address or network, such as 10.0.0.0/8";

absl::Status refused(const Setting& setting, std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(in_quotes(text), " is not ", setting.allowed));
}

// A setting of one value: `parse` returns nothing for a text that is not allowed.
template <typename Field, typename Parse, typename Print>
Setting single(Setting setting, Field field, Parse parse, Print print) {
  setting.live = in_policy(field);
  setting.clear = [field](Settings& settings) { at(settings, field) = at(Settings(), field); };
  setting.set = [setting, field, parse](Settings& settings, std::string_view, std::string_view text) {
    auto value = parse(text);
    if (!value) return refused(setting, text);
    at(settings, field) = *std::move(value);
    return absl::OkStatus();
  };
  setting.print = [field, print](const Settings& settings) { return print(at(settings, field)); };
  return setting;
}

// A `parse` for values between two limits.
template <typename Value, typename Parse>
auto within(Value least, Value most, Parse parse) {
  return [=](std::string_view text) {
    auto value = parse(text);
    return value && *value >= least && *value <= most ? value : std::nullopt;
  };
}

// `why` may explain the limits.
Setting duration(std::string_view name, Duration Policy::*field, Duration least, Duration most,
                 std::string limits, std::string_view why, std::string sentence) {
  return single({.name = name,
                 .sentence = std::move(sentence),
                 .allowed = absl::StrCat("a duration such as 250ms, from ", limits, view(why)),
                 .limits = limits,
                 .metavar = "TIME"},
                field, within(least, most, duration_of), print_duration);
}

template <typename Number, typename Owner>
Setting number(std::string_view name, Number Owner::*field, Number least, Number most, std::string sentence,
               bool offline = true) {
  const std::string limits = absl::StrCat(least, " to ", most);
  return single({.name = name,
                 .shape = Shape::number,
                 .offline = offline,
                 .sentence = std::move(sentence),
                 .allowed = "a whole number from " + limits,
                 .limits = limits,
                 .metavar = "N"},
                field, within(least, most, number_of<Number>),
                [](Number value) { return std::to_string(value); });
}

// `words` in the order of the enumeration.
template <typename Enum, typename Owner>
Setting choice(std::string_view name, Enum Owner::*field, std::vector<std::string> words,
               std::string sentence, bool offline = true) {
  auto parse = [words](std::string_view text) -> std::optional<Enum> {
    const auto found = std::ranges::find(words, text);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enum>(found - words.begin());
  };
  return single({.name = name,
                 .offline = offline,
                 .sentence = std::move(sentence),
                 .allowed = absl::StrJoin(words, " or "),
                 .metavar = absl::StrJoin(words, "|")},
                field, parse, [words](Enum value) { return words[static_cast<size_t>(value)]; });
}

Setting boolean(std::string_view name, bool Policy::*field, std::string sentence) {
  auto parse = [](std::string_view text) {
    return text == "true" || text == "false" ? std::optional(text == "true") : std::nullopt;
  };
  return single(
      {.name = name, .shape = Shape::boolean, .sentence = std::move(sentence), .allowed = "true or false"},
      field, parse, [](bool value) { return std::string(value ? "true" : "false"); });
}

// A text that only a daemon needs.
Setting text(std::string_view name, std::string Settings::*field, std::string allowed, std::string metavar,
             bool (*fits)(std::string_view), std::string sentence) {
  auto parse = [fits](std::string_view given) {
    return fits(given) ? std::optional(std::string(given)) : std::nullopt;
  };
  return single({.name = name,
                 .offline = false,
                 .sentence = std::move(sentence),
                 .allowed = std::move(allowed),
                 .metavar = std::move(metavar)},
                field, parse, [](const std::string& value) { return value; });
}

Setting networks(std::string_view name, Networks Policy::*field, std::string sentence) {
  Setting setting{.name = name,
                  .shape = Shape::list,
                  .live = true,
                  .sentence = std::move(sentence),
                  .allowed = kNetworkAllowed,
                  .metavar = "NET,.."};
  setting.set = [setting, field](Settings& settings, std::string_view, std::string_view given) {
    const auto network = network_of(given);
    if (!network) return refused(setting, given);
    at(settings, field).push_back(*network);
    return absl::OkStatus();
  };
  setting.clear = [field](Settings& settings) { at(settings, field).clear(); };
  setting.print = [field](const Settings& settings) {
    const auto print = [](std::string* out, const Network& network) { out->append(print_network(network)); };
    return absl::StrJoin(at(settings, field), ",", print);
  };
  return setting;
}

bool overlap(const Network& a, const Network& b) { return a.contains(b.address) || b.contains(a.address); }
bool overlap(uint32_t a, uint32_t b) { return a == b; }

// Named groups of members; a member belongs to one group.
template <typename Member>
Setting groups(std::string_view name, std::vector<std::vector<Member>> Policy::*field,
               std::vector<std::string> Settings::*names, std::string allowed,
               std::optional<Member> (*parse)(std::string_view), std::string (*print)(const Member&),
               std::string sentence) {
  Setting setting{.name = name,
                  .shape = Shape::groups,
                  .live = true,
                  .sentence = std::move(sentence),
                  .allowed = std::move(allowed)};
  setting.set = [=](Settings& settings, std::string_view group, std::string_view given) {
    const auto member = parse(given);
    if (!member) return refused(setting, given);
    auto& all = at(settings, field);
    auto& all_names = at(settings, names);
    const size_t mine = std::ranges::find(all_names, group) - all_names.begin();
    for (size_t i = 0; i < all.size(); ++i) {
      if (i == mine || !std::ranges::any_of(all[i], [&](const Member& m) { return overlap(m, *member); }))
        continue;
      return absl::InvalidArgumentError(absl::StrCat(in_quotes(given), " overlaps with group ", all_names[i],
                                                     ": one group for each address"));
    }
    if (mine == all.size()) {
      all_names.emplace_back(group);
      all.emplace_back();
    }
    all[mine].push_back(*member);
    return absl::OkStatus();
  };
  setting.clear = [=](Settings& settings) {
    at(settings, field).clear();
    at(settings, names).clear();
  };
  setting.print = [=](const Settings& settings) {
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    for (size_t i = 0; i < at(settings, names).size(); ++i)
      for (const Member& member : at(settings, field)[i])
        all[at(settings, names)[i]].push_back(print(member));
    return all.empty() ? std::string() : all.dump();
  };
  return setting;
}

bool is_path(std::string_view text) { return !text.empty(); }

bool is_off_or_listener(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (text == "off" || colon == text.npos) return text == "off";
  const auto port = number_of<uint16_t>(text.substr(colon + 1));
  return port && *port != 0 && address_of(text.substr(0, colon));
}

}  // namespace

const std::vector<Setting>& settings_table() {
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
      boolean("ignore_vlan", &Policy::ignore_vlan,
              "copies on different VLANs may belong together: for routers on two VLANs of one trunk"),
      networks("trusted_relays", &Policy::trusted_relays,
               "judge only copies whose source address and giaddr are in here; none = all"),
      groups<Network>("relay_groups", &Policy::relay_groups, &Settings::relay_group_names, kNetworkAllowed,
                      network_of, print_network, "relays of one group are one scope, whatever their subnets"),
      groups<uint32_t>(
          "server_groups", &Policy::server_groups, &Settings::server_group_names,
          "an IPv4 address, such as 10.0.0.1", address_of,
          [](const uint32_t& address) { return print_address(address); },
          "servers of one group are one server: a copy to another member is a copy"),
      number<size_t>("clients", &Settings::clients, 64, 16'777'216,
                     "how many clients are remembered at once"),
      number<unsigned>("workers", &Settings::workers, 1, 64,
                       "threads that move frames, each with its own queue of every port", /*offline=*/false),
      choice("link_loss", &Settings::link_loss, {"forward", "ignore"},
             "while one side of a wire has no link, forward keeps the other side down, as a cable would",
             /*offline=*/false),
      choice("idle", &Settings::idle, {"sleep", "poll"},
             "while no frame comes, sleep waits for one in the kernel; poll keeps asking, and takes a core "
             "for each "
             "worker",
             /*offline=*/false),
      text("control", &Settings::control, "a path", "PATH", is_path, "Unix socket of the daemon"),
      text("metrics", &Settings::metrics, "an IPv4 address and a port, such as 127.0.0.1:9467, or off",
           "ADDR:PORT|off", is_off_or_listener, "where Prometheus metrics are served"),
  };
  return table;
}

const Setting& setting(std::string_view name) {
  return *std::ranges::find(settings_table(), name, &Setting::name);
}

std::string name_of(const Setting& setting, std::string_view group) {
  return absl::StrCat(view(setting.name), group.empty() ? "" : ".", absl::Utf8SafeCEscape(view(group)));
}

}  // namespace relaysieve
