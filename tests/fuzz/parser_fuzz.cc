// SPDX-License-Identifier: Apache-2.0
// Whatever a frame holds, all who read it agree, and nobody reads a byte outside of it. An input is a policy, an order, and
// two frames: they come in bursts, and from the second burst on one who remembers where their options lay makes their
// fingerprints.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <vector>

#include "dhcp_frame.h"
#include "fingerprint.h"
#include "fuzz/harness.h"
#include "glimpse.h"
#include "support/bytes.h"
#include "support/guard_page.h"

namespace relaysieve::fuzz {
namespace {

using test::operator""_ip;

constexpr Address ip6(uint32_t high, uint64_t low = 0) { return Address::of(uint64_t{high} << 32, low); }
constexpr uint32_t kLinks6 = 0xfd20'0020, kRelays6 = 0xfd20'0030;  // fd20:20::/32, fd20:30::/32

const Networks kRelays = {
    {"10.20.0.0"_ip, 16}, {"10.30.0.2"_ip, 31}, {ip6(kLinks6), 32}, {ip6(kRelays6, 2), 127}};
const Networks kOneSite = {
    {"10.20.0.0"_ip, 24}, {"10.30.0.2"_ip, 32}, {ip6(kLinks6, 2), 128}, {ip6(kRelays6), 64}};
const std::vector<std::vector<Address>> kServers = {{"10.30.0.10"_ip, "10.30.0.11"_ip, ip6(kRelays6, 0x10)}};
const std::vector<Policy> kPolicies = {
    {},
    {.match = Match::identity},
    {.scope = ScopeRule::any, .subnet6_bits = 0, .relay_groups = {kOneSite}},
    {.scope = ScopeRule::exact, .ignore_vlan = true},
    {.trusted_relays = kRelays},
    {.relay_groups = {{{"10.40.0.0"_ip, 24}}, kOneSite}},
    {.dedup_prefix_delegation = true, .server_groups = kServers},
    {.match = Match::identity,
     .subnet_bits = 0,
     .dedup_prefix_delegation = true,
     .trusted_relays = kOneSite}};

namespace planted {

// A reader of option 82 that believes its sub-options' lengths; the option lies against an unreadable page of its own.
[[gnu::noinline]] void believe_lengths(Bytes option) {
  static test::GuardPage page;
  const Bytes value = page.hold(option);
  for (size_t at = 0; at + 2 <= value.size(); at += 2u + value[at + 1]) {
    volatile uint8_t last = *(value.data() + at + 1 + value[at + 1]);
    static_cast<void>(last);
  }
}

}  // namespace planted

// What people are shown of a client is what they may ask for.
void ask_for_client(const std::optional<DhcpFrame>& found) {
  if (!found) return;
  must(!message_type(found->family, found->type).empty(), "a type has a name");
  const ClientId& client = found->client;
  must(found->is_of(client), "a message is its client's");
  if (client.length == 0) return;
  must(client_id_of(client.text()) == client, "a client's name means the client");
  ClientId hardware{.length = std::min<uint8_t>(client.length, 6)};
  std::copy_n(client.bytes.begin() + client.length - hardware.length, hardware.length,
              hardware.bytes.begin());
  const bool is_its = found->is_of(hardware);
  const bool duid_ll = client.length == 10 && load32(client.bytes.data()) >> 16 == 3;  // RFC 8415 s11.4
  must(is_its || found->family == Family::v4 || !duid_ll, "a DUID-LL is its hardware address's");
}

// For people: finds at least what the rule is for.
void compare_with_find_dhcp(Bytes frame, const Parsed& parsed) {
  const std::optional<DhcpFrame> found = find_dhcp4(frame);
  ask_for_client(found);
  if (parsed.reason == Reason::reply && !parsed.message)
    must(found && found->reply, "find_dhcp4 sees a reply");
  if (!parsed.message) return;
  const Message& m = *parsed.message;
  must(found && !found->reply, "find_dhcp4 sees a request");
  must(found->source_mac.data() == m.source_mac.data() && found->vlans == m.vlans, "one Ethernet header");
  must(found->source_ip == m.source_ip && found->destination_ip == m.server_ip, "one IPv4 header");
  must(found->giaddr == m.giaddr && found->xid == load32(&m.bootp[bootp::kXid]), "one BOOTP header");
  must(m.overload != 0 || found->type == m.type, "one message type");
}

void compare_with_find_dhcp(Bytes frame, const Parsed6& parsed) {
  const std::optional<DhcpFrame> found = find_dhcp6(frame);
  ask_for_client(found);
  if (!parsed.message) return;
  const Message6& m = *parsed.message;
  must(found && !found->reply, "find_dhcp6 sees a request");
  must(found->source_mac.data() == m.source_mac.data() && found->vlans == m.vlans, "one Ethernet header");
  must(found->source_ip == m.source_ip && found->destination_ip == m.server_ip, "one IPv6 header");
  must(found->giaddr == m.link_address && found->peer == m.peer_address, "one relay");
  must(found->type == m.type && found->xid == (load32(m.client.data()) & 0xffffff), "one message");
}

// A second reading of whom a policy trusts, bit by bit.
bool holds(const Network& network, const Address& ip) {
  const auto bit = [](const Address& a, unsigned n) {
    return (n < 64 ? a.high >> (63 - n) : a.low >> (127 - n)) & 1;
  };
  for (unsigned n = 0; n < network.bits; ++n)
    if (bit(network.address, n) != bit(ip, n)) return false;
  return true;
}
bool trusts(const Policy& policy, const Address& source, const Address& asked) {
  bool from = false, about = asked == Address();
  for (const Network& network : policy.trusted_relays) {
    from = from || holds(network, source);
    about = about || holds(network, asked);
  }
  return policy.trusted_relays.empty() || (from && about);
}

// Of options whose lengths are right.
bool asks_for_prefix(const Message6& m) {
  bool found = false;
  for (size_t at = 4; at < m.client.size(); at += 4u + load16(&m.client[at + 2]))
    found = found || load16(&m.client[at]) == 25;
  return found;
}

// Why a frame is passed on without a request; nothing where it is one.
std::optional<Reason> reason_of(const Parsed& parsed, const Policy& policy) {
  if (!parsed.message) return parsed.reason;
  if (!trusts(policy, parsed.message->source_ip, parsed.message->giaddr)) return Reason::untrusted_relay;
  return std::nullopt;
}
std::optional<Reason> reason_of(const Parsed6& parsed, const Policy& policy) {
  if (!parsed.message) return parsed.reason;
  const Message6& m = *parsed.message;
  if (!trusts(policy, m.source_ip, m.link_address)) return Reason::untrusted_relay;
  if (asks_for_prefix(m) && !policy.dedup_prefix_delegation) return Reason::prefix_delegation;
  return std::nullopt;
}

// A frame, and what the parsers say of it.
struct Look {
  Bytes frame;
  Parsed parsed;
  Parsed6 parsed6;
};

Look look_at(Bytes frame) {
  const Look look = {frame, parse_dhcp4(frame), parse_dhcp6(frame)};
  const auto& [bytes, parsed, parsed6] = look;
  must(!parsed.message || !parsed6.message, "one family");
  if (plainly_not_dhcp(frame)) {
    must(!parsed.message && parsed.reason == Reason::not_dhcp, "a glimpse is right");
    must(!parsed6.message && parsed6.reason == Reason::not_dhcp, "a glimpse is right");
  }
  compare_with_find_dhcp(frame, parsed);
  compare_with_find_dhcp(frame, parsed6);
  if (kPlanted && parsed.message) planted::believe_lengths(parsed.message->relay_info);
  return look;
}

class Reader {
 public:
  Reader(const Policy& policy, Fingerprint& slow) : policy_(policy), slow_(slow) {
    static const Fingerprint untaught(1);
    static Fingerprint taught(1);
    taught = untaught;  // into the memory that it has
    quick_ = &taught;
  }

  // At each place another port, so that a request tells whose it is.
  void read(std::span<const Look* const> looks) {
    std::array<Frame, kMost> burst;
    std::array<Request, kMost> requests;
    std::array<Fingerprint::Passed, kMost> passed;
    for (uint16_t i = 0; i < looks.size(); ++i) burst[i] = {.bytes = looks[i]->frame, .port = i};
    const uint64_t relayed =
        quick_->read(std::span(burst).first(looks.size()), policy_, requests.data(), passed.data());
    must(relayed >> looks.size() == 0, "no request without a frame");
    for (uint16_t i = 0; i < looks.size(); ++i) {
      const bool v6 = is_ipv6(looks[i]->frame), request = relayed >> i & 1;
      const auto reason = v6 ? reason_of(looks[i]->parsed6, policy_) : reason_of(looks[i]->parsed, policy_);
      must(request == !reason, "a request, or a reason");
      if (request) {
        must(requests[i] == (v6 ? slow_.of(*looks[i]->parsed6.message, i, policy_)
                                : slow_.of(*looks[i]->parsed.message, i, policy_)),
             "one fingerprint");
        continue;
      }
      must(passed[i].reason == *reason, "one reason");
      const Family family = !has_family(*reason) ? Family::none : v6 ? Family::v6 : Family::v4;
      must(passed[i].family == family, "a reason's family");
    }
  }

  static constexpr size_t kMost = 4;

 private:
  const Policy& policy_;
  Fingerprint& slow_;
  Fingerprint* quick_;
};

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve;
  static std::array<test::GuardPage, 2> behind, before;
  static Fingerprint portable(1, Fingerprint::Cpu::any), best(1);
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte(), order = input.byte();
  const size_t wanted = input.byte() | size_t{input.byte()} << 8;
  const size_t first_size = std::min(wanted, input.left());
  const Bytes first(input.take(first_size), first_size);
  const size_t second_size = input.left();
  const Bytes second(input.take(second_size), second_size);

  // An unreadable page behind each, and one before each.
  std::array sides = {std::array{fuzz::look_at(behind[0].hold(first)), fuzz::look_at(behind[1].hold(second))},
                      std::array{fuzz::look_at(before[0].hold_at_front(first)),
                                 fuzz::look_at(before[1].hold_at_front(second))}};
  if (order & 16) std::swap(sides[0], sides[1]);
  fuzz::Reader reader(fuzz::kPolicies[choice % fuzz::kPolicies.size()], choice & 128 ? portable : best);
  reader.read(std::array<const fuzz::Look*, 2>{&sides[0][0], &sides[0][1]});
  for (const auto& side : {sides[1], sides[0]}) {  // now the way is short
    std::array<const fuzz::Look*, fuzz::Reader::kMost> burst;
    for (size_t i = 0; i < burst.size(); ++i) burst[i] = &side[order >> i & 1];
    reader.read(burst);
  }
  return 0;
}
