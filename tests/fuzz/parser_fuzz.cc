// SPDX-License-Identifier: Apache-2.0
// Whatever a frame holds, all who read it agree, and nobody reads a byte outside of it. An input is a policy, and two
// frames: the fingerprint of the second is made by one who remembers where the options of the first lay.
#include <algorithm>
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

constexpr uint16_t kPort = 3;

const std::vector<Policy> kPolicies = {
    {},
    {.match = Match::identity},
    {.scope = ScopeRule::any},
    {.scope = ScopeRule::exact, .ignore_vlan = true},
    {.trusted_relays = {{"10.20.0.0"_ip, 16}, {"10.30.0.0"_ip, 16}}},
    {.relay_groups = {{{"10.20.0.0"_ip, 24}}}},
    {.dedup_prefix_delegation = true, .server_groups = {{"10.30.0.10"_ip, "10.30.0.11"_ip}}}};

// The planted bug: a reader of option 82 that believes its sub-options' lengths.
void believe_lengths(Bytes value) {
  for (size_t at = 0; at + 2 <= value.size(); at += 2u + value[at + 1]) {
    volatile uint8_t last = *(value.data() + at + 1 + value[at + 1]);
    static_cast<void>(last);
  }
}

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

// What the parser says is the request's, or its reason.
template <typename Parsed>
void compare(const Parsed& parsed, bool trusted, const Policy& policy, Fingerprint& slow,
             const std::optional<Request>& request, Reason reason) {
  if (request)
    must(parsed.message && *request == slow.of(*parsed.message, kPort, policy), "one fingerprint");
  else
    must(reason == (parsed.message && !trusted ? Reason::untrusted_relay : parsed.reason) ||
             (parsed.message && reason == Reason::prefix_delegation),
         "one reason");
}

void read(Bytes frame, const Policy& policy, Fingerprint& quick, Fingerprint& slow) {
  const Parsed parsed = parse_dhcp4(frame);
  const Parsed6 parsed6 = parse_dhcp6(frame);
  must(!parsed.message || !parsed6.message, "one family");
  if (plainly_not_dhcp(frame)) {
    must(!parsed.message && parsed.reason == Reason::not_dhcp, "a glimpse is right");
    must(!parsed6.message && parsed6.reason == Reason::not_dhcp, "a glimpse is right");
  }
  compare_with_find_dhcp(frame, parsed);
  compare_with_find_dhcp(frame, parsed6);
  if (kPlanted && parsed.message) believe_lengths(parsed.message->relay_info);

  const Frame one{.bytes = frame, .port = kPort};
  Request made;
  Fingerprint::Passed passed{Reason::first_copy, Family::none};
  std::optional<Request> request;
  if (quick.read({&one, 1}, policy, &made, &passed) == 1) request = made;
  const bool trusted = policy.trusted_relays.empty();
  if (is_ipv6(frame))
    compare(parsed6, trusted, policy, slow, request, passed.reason);
  else
    compare(parsed, trusted, policy, slow, request, passed.reason);
}

}  // namespace
}  // namespace relaysieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace relaysieve;
  static test::GuardPage behind, before;
  static const Fingerprint untaught(1);
  static Fingerprint portable(1, Fingerprint::Cpu::any), best(1);
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const Policy& policy = fuzz::kPolicies[choice % fuzz::kPolicies.size()];
  Fingerprint& slow = choice & 128 ? portable : best;
  const size_t wanted = input.byte() | size_t{input.byte()} << 8;
  const size_t first_size = std::min(wanted, input.left());
  const Bytes first(input.take(first_size), first_size);
  const size_t second_size = input.left();
  const Bytes second(input.take(second_size), second_size);

  Fingerprint quick = untaught;
  for (const Bytes frame : {first, second, second}) {  // when read again the way is short
    fuzz::read(behind.hold(frame), policy, quick, slow);
    fuzz::read(before.hold_at_front(frame), policy, quick, slow);
  }
  return 0;
}
