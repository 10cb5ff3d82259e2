# SPDX-License-Identifier: Apache-2.0
"""The mutants: each is one way to get the rule wrong. (file, text, other text); the text must stand there once.

Left out are those that nobody can tell from the core: a straight path that declines too often (the whole rule answers the
same), one whose next transmission does not ask the forgotten (what a client's later line outlived by five seconds is out
of its window), and a turn that waits for whoever brings this very transmission too (who has not won is not held back)."""

from mutants4 import MUTANTS4

OBSERVATION, STRAIGHT, TURNS, MEMORY, ROOM = (f"dataplane/{file}" for file in ("observation.cc", "straight.h", "turns.h", "memory.cc", "room.cc"))
PRINT, SHORT, LONG, COPY, BUCKET = (f"dataplane/{file}" for file in ("maker.h", "short_way.h", "layers.h", "copy.h", "bucket.h"))
REQUEST, FORGOTTEN = "include/relaysieve/request.h", "dataplane/forgotten.cc"

RESTART = (OBSERVATION, "  verdict_.lag = age(record_);\n  begin(record_);\n}")
REPEATS = (OBSERVATION, "  const Line& line = bucket_[record_];\n  verdict_.reason = reason;")
SECOND = (STRAIGHT, "    answer(Reason::second_copy);\n")
COPY_OF = (STRAIGHT, "return copy_of(line);\n    return tagged")
ASK = (PRINT, "first_6(b + bootp::kXid) | uint64_t{p.type} << 48")
JOIN = (OBSERVATION, "  line.brought |= relay;\n\n")
TURN = (TURNS, "(line.previous & ~line.won) != 0 && due")

MUTANTS = {
    # A transmission that begins anew.
    "a restart keeps the other relays": [
        (*RESTART, "  verdict_.lag = age(record_);\n  const RelaySet others = line(record_).brought;\n  begin(record_);\n  line(record_).brought |= others;\n}")],
    "a restart does not move the age": [
        (*RESTART, "  verdict_.lag = age(record_);\n  const Time start = line(record_).start;\n  begin(record_);\n  line(record_).start = start;\n}")],
    "a restart is not told from a copy": [(OBSERVATION, "return repeats(Reason::echo);", "return repeats(Reason::echo);\n  return repeats(Reason::second_copy);")],

    # What a drop must not refresh.
    "a second copy refreshes the age, straight path": [(*SECOND, SECOND[1] + "    put(line.start, copy_.now);\n")],
    "a second copy refreshes the age, whole rule": [
        (OBSERVATION, "return repeats(rewritten ?", "return put(line.start, copy_.now), repeats(rewritten ?")],
    "an echo refreshes the age": [(OBSERVATION, "return repeats(Reason::echo);", "return put(line(record_).start, copy_.now), repeats(Reason::echo);")],
    "a held copy refreshes the age": [(OBSERVATION, "    return repeats(Reason::turn_passed);", "    return put(line.start, copy_.now), repeats(Reason::turn_passed);")],
    "a held copy refreshes the place in the order": [
        (OBSERVATION, "    return repeats(Reason::turn_passed);", "    return bucket_.use_again(record_, copy_.request), repeats(Reason::turn_passed);")],
    "a copy of what was evicted refreshes its client's place in the order": [
        (ROOM, "  return Reason::second_copy;\n", "  if (latest_ != kNone) bucket_.use_again(latest_, copy_.request);\n  return Reason::second_copy;\n")],
    "a second copy refreshes the place in the order, straight path": [
        (*COPY_OF, "return copy_of(line) && (bucket_.use_again(way, copy_.request), true);\n    return tagged")],
    "a second copy refreshes the place in the order, whole rule": [
        (OBSERVATION, "return repeats(rewritten ?", "return bucket_.use_again(record_, copy_.request), repeats(rewritten ?")],
    "an echo refreshes the place in the order": [
        (OBSERVATION, "return repeats(Reason::echo);", "return bucket_.use_again(record_, copy_.request), repeats(Reason::echo);")],

    # The limits: t <= limit is inside.
    "< for <= at the window": [
        (OBSERVATION, "if (age(record_) > copy_.policy.window) {", "if (age(record_) >= copy_.policy.window) {"),
        (STRAIGHT, "lag > copy_.policy.window", "lag >= copy_.policy.window")],
    "< for <= at the window, whole rule": [(OBSERVATION, "if (age(record_) > copy_.policy.window) {", "if (age(record_) >= copy_.policy.window) {")],
    "the window is a nanosecond longer, straight path": [(STRAIGHT, "lag > copy_.policy.window", "lag > copy_.policy.window + Duration(1)")],
    "< for <= at the window of a like one": [(OBSERVATION, "|| age(way) > copy_.policy.window) continue;", "|| age(way) >= copy_.policy.window) continue;")],
    "< for <= at the window of what is evicted": [(ROOM, "|| age(way) > copy_.policy.window) return;", "|| age(way) >= copy_.policy.window) return;")],
    "< for <= at the window of what is dispensable": [(BUCKET, "now - lines_[way].line.start > window))", "now - lines_[way].line.start >= window))")],
    "< for <= at the echo window": [(OBSERVATION, "age(record_) <= copy_.policy.echo_window", "age(record_) < copy_.policy.echo_window")],
    "< for <= at the late horizon": [(OBSERVATION, "age(record_) <= kLateHorizon", "age(record_) < kLateHorizon")],
    "< for <= at the late horizon of what may be written over": [(OBSERVATION, "age > kLateHorizon", "age >= kLateHorizon")],
    "< for <= at the late horizon, straight path": [(STRAIGHT, "line.start <= kLateHorizon", "line.start < kLateHorizon")],
    "< for <= at the client horizon": [(TURNS, "since <= kClientHorizon", "since < kClientHorizon")],
    "< for <= at the turn time": [(TURNS, "asking >= turn_after", "asking > turn_after")],
    "time runs backwards": [("dataplane/filter.cc", "latest = std::max(latest, frames[i].time);", "latest = frames[i].time;")],

    # What is compared.
    "no type in the key": [(*ASK, "first_6(b + bootp::kXid)")],
    "no destination in the key": [(PRINT, "value_or(p.server_ip) : p.server_ip", "value_or(p.server_ip) : 0")],
    "no VLAN in the key": [(PRINT, "vlan_mask(p.ignore_vlan ? 0 : ~uint64_t{0})", "vlan_mask(0)")],
    "no inner VLAN in the key": [(PRINT, "vlan_mask(p.ignore_vlan ? 0 : ~uint64_t{0})", "vlan_mask(p.ignore_vlan ? 0 : ~uint64_t{0} << 48)")],
    "VLAN priority in the key, short way": [(SHORT, "load16(ip) & 0x0fff", "load16(ip)")],
    "VLAN priority in the key, long way": [(LONG, "load16(rest.data()) & 0x0fff", "load16(rest.data())")],
    "giaddr in the key": [(PRINT, "number<uint32_t>(b + bootp::kCiaddr), Place::kAsk", "number<uint32_t>(b + bootp::kCiaddr) | uint64_t{p.giaddr} << 32, Place::kAsk")],
    "giaddr in the client": [(PRINT, "number<uint16_t>(b + bootp::kHtype),  // and hlen", "number<uint16_t>(b + bootp::kHtype) | uint64_t{p.giaddr} << 32,")],
    "hops in the key": [(PRINT, "number<uint16_t>(b + bootp::kHtype),  // and hlen", "number<uint32_t>(b + bootp::kHtype),")],
    "no xid in the key": [(*ASK, "(first_6(b + bootp::kXid) >> 32 << 32) | uint64_t{p.type} << 48")],
    "no secs in the key": [(*ASK, "(first_6(b + bootp::kXid) & 0xffffffff) | uint64_t{p.type} << 48")],
    "no ciaddr in the key": [(PRINT, "number<uint32_t>(b + bootp::kCiaddr), Place::kAsk", "0, Place::kAsk")],
    "no htype and hlen in the key": [(PRINT, "number<uint16_t>(b + bootp::kHtype),  // and hlen", "0,")],
    "no options in the key": [(PRINT, "static_cast<uint32_t>(message >> 32) ^ options", "static_cast<uint32_t>(message >> 32)")],
    "no scope in the key": [(PRINT, "request.key.scope = scope(static_cast<uint32_t>(p.subnet), p.vrf);", "request.key.scope = 0;")],
    "option 82 in the digest": [(PRINT, "static_cast<uint32_t>(message >> 32) ^ options", "static_cast<uint32_t>(message >> 32) ^ options ^ (p.relay_info.data() ? short_hash(p.relay_info) : 0)")],
    "option 82 in the digest, long way": [("dataplane/fingerprint.cc", "if (code == option::kRelayInfo || (only_identity", "if ((only_identity")],

    # Who brought it.
    "no port in the relay": [(PRINT, "first_6(p.source_mac) | uint64_t{port} << 48", "first_6(p.source_mac)")],
    "no source MAC in the relay": [(PRINT, "first_6(p.source_mac) | uint64_t{port} << 48", "uint64_t{port} << 48")],
    "no source IP in the relay": [(PRINT, "p.source_ip, Place::kRouter", "0, Place::kRouter")],
    "no option 82 in the relay": [(PRINT, "p.relay_info.data() != nullptr ? short_hash(p.relay_info) : 0", "0")],
    "no smart relays, whole rule": [(OBSERVATION, "const bool other_subnet = ", "const bool other_subnet = false && ")],
    "no smart relays, straight path": [(STRAIGHT, "(relays.same_router & line.brought) != 0", "(relays.same & line.brought) != 0")],

    # Echoes.
    "an echo is measured from the last copy": [
        (COPY, "#include <bit>\n", "#include <bit>\n#include <map>\n"),
        (COPY, "inline void write(Line& line, const Copy& copy) {", "inline std::map<const Line*, Time> last_copy;\ninline void write(Line& line, const Copy& copy) {\n  last_copy[&line] = copy.now;"),
        (*SECOND, SECOND[1] + "    last_copy[&line] = copy_.now;\n"),
        (*REPEATS, REPEATS[1].replace("  verdict_", "  last_copy[&line] = copy_.now;\n  verdict_")),
        (OBSERVATION, "age(record_) <= copy_.policy.echo_window", "copy_.now - last_copy[&line(record_)] <= copy_.policy.echo_window")],
    "a second copy leaves no trace, straight path": [(STRAIGHT, "    line.brought |= relay;\n", "")],
    "a second copy leaves no trace, whole rule": [(*JOIN, "")],

    # Turns.
    "a turn ignores the previous transmission": [(*TURN, "due")],
    "a turn is everybody's": [(TURNS, "(line.won & relay) != 0 && (line.prev", "(line.prev")],
    "turns never start again": [(TURNS, "    line.won = relay;  // the turns start again", "    ;")],
    "turns start again before their time": [(TURNS, "& ~line.won) == 0 && due(line, now, turn_after))", "& ~line.won) == 0)")],
    "progress is not seen": [(TURNS, "before.type == line.type && since", "since")],
    "progress does not forget who has won": [(TURNS, "line.previous = line.won = 0;\n    return;", "line.previous = 0;\n    line.won = before.won;\n    return;")],
    "who asked once asks for ever": [(TURNS, "before.type == line.type && since <= kClientHorizon", "before.type == line.type")],
    "the next transmission does not know how the client stood, straight path": [(STRAIGHT, "turns::begin(line, undo.start, undo.before);", "turns::begin(line);")],
    "the next transmission does not know how the client stood, whole rule": [(OBSERVATION, "    turns::begin(line, undo.start, undo.before);", "    turns::begin(line);")],

    # The straight path goes too far.
    "a held first copy counts as delivered, straight path": [(STRAIGHT, "!line.delivered || lag", "lag")],
    "late copies are forgotten with the window, straight path": [(STRAIGHT, "line.start <= kLateHorizon", "line.start <= copy_.policy.window")],
    "a new client does not ask the forgotten, straight path": [(STRAIGHT, "    if (bucket_.evicted() != 0) return false;\n", "")],
    "the fourth relay is not seen, straight path": [(STRAIGHT, "    if (!line.knows_all()) return false;\n", "")],

    # What was refused was never delivered.
    "no undo": [(MEMORY, "  if (trace.what == Undo::What::nothing) return;", "  return;")],
    "no undo of a transmission, straight path": [(STRAIGHT, "    if (passes) leave_undo(bucket_, Undo::What::transmission, way, before, copy_, verdict_.undo);\n", "")],
    "no undo of a transmission, whole rule": [(OBSERVATION, "    leave_undo(bucket_, Undo::What::transmission, place, latest_, copy_, undo);", "    ;")],
    "no undo of a turn": [(MEMORY, " else if (client == way)\n    bucket.forget_record(way);\n  else\n    bucket.free(way);", "")],
    "no undo of a smart relay's subnet": [(MEMORY, "    line.brought &= static_cast<RelaySet>(~relay);\n", "")],
    "what was refused has brought the previous transmission": [(MEMORY, "      bucket[client].previous &= static_cast<RelaySet>(~bucket.relays(client).find(trace.relay));", "      ;")],
    "an undo forgets how the client stood": [(MEMORY, "  bucket.forget_record(way);\n}", "  bucket.free(way);\n}")],
    "an undo forgets the fourth relay of a line that is free": [(ROOM, "return latest == place ||", "return latest == place; //")],
    "an undo forgets the fourth relay": [(MEMORY, "  if (more != kWays) bucket.more_relays(more).start = trace.start;  // its second line stays its own\n", "")],
    "what is evicted is told by all but its scope": [(ROOM, "uint64_t{key.scope} << 32 | uint32_t{key.who}", "uint32_t{key.who}")],
    "what was refused has won": [(MEMORY, "  if (stands) bucket[client].won = trace.before.won;\n", "")],
    "an undo takes back what has moved on": [(MEMORY, " || line.count != trace.count ||", " ||")],

    # What has to go for want of room.
    "what is evicted is dropped behind its window": [(FORGOTTEN, "has && number > now.number", "has && number >= now.number")],
    "what is evicted is forgotten with what went later": [(ROOM, "moment.longer(bucket_.evicted(), std::max(end, copy_.now))", "moment.mark(std::max(end, copy_.now))")],
    "what is evicted is never emptied": [(FORGOTTEN, "      for (uint64_t& word : line.bits) put(word, 0);\n", "")],
    "a forgotten client goes last": [(BUCKET, "    return now - lines_[oldest].line.start > kClientHorizon ? oldest : kWays;", "    return oldest == kWays ? oldest : kWays;")],
    "what is evicted is forgotten": [(ROOM, "  if (all) forgotten_.add(moment, transmission, end);", "")],
    "what is evicted is forgotten with its relays": [(ROOM, "    all = all && forgotten_.add(moment, trace_of(transmission, relays[n]), end);", "")],
    "what was held back is remembered when evicted": [(ROOM, "  if (!line.delivered) return;\n", "")],
    "a copy of what was evicted leaves no trace": [(ROOM, "  if (!forgotten_.add(moment, brought, end)) return Reason::over_capacity;\n", "")],
    "the latest used is evicted first": [("dataplane/bucket.cc", "const unsigned oldest = directory_.order.oldest();", "const unsigned oldest = directory_.order.at(kWays - 1);")],
}

# DHCPv6.
FRAME6, EXTENSIONS, PRINT6, READ6 = (f"dataplane/{file}" for file in ("message6.cc", "ipv6.cc", "maker6.h", "fingerprint.cc"))
MUTANTS |= {f"DHCPv6: {name}": edits for name, edits in {
    "no message in the key": [(PRINT6, "(parts.whole ? content : 0)", "0")],
    "no type and transaction in the key": [(PRINT6, "load32(m.client.data()) | uint64_t", "uint64_t")],
    "no elapsed time in the key": [(PRINT6, "uint64_t{m.elapsed_time.value_or(0)} << 32", "uint64_t{0}")],
    "no destination in the key": [(PRINT6, "block(server(m.server_ip), Place::kServer6)", "block(Address(), Place::kServer6)")],
    "no server groups": [(PRINT6, "if (policy.server_groups.empty()) return ip;", "return ip;")],
    "no VLAN in the key": [(PRINT6, "uint64_t{m.vlans[0]} << 16 | m.vlans[1]", "0")],
    "VLANs are never ignored": [(PRINT6, "policy.ignore_vlan ? 0 : ", "")],
    "the client is its address": [(PRINT6, "m.duid.empty() ? Cpu", "true ? Cpu")],
    "the client is its DUID alone": [(PRINT6, "Cpu::low(block(m.peer_address, Place::kPeer6))", "0")],
    "no scope in the key": [(PRINT6, "request.key.scope = scope(m.link_address);", "request.key.scope = 0;")],
    "no relay groups": [(PRINT6, "if (!policy.relay_groups.empty())", "if (false)")],
    "a scope is an address": [(PRINT6, "policy.scope == ScopeRule::exact ? 128 : policy.subnet6_bits", "128")],
    "exact is a subnet": [(PRINT6, "policy.scope == ScopeRule::exact ? 128 : policy.subnet6_bits", "policy.subnet6_bits")],
    "no port in the relay": [(PRINT6, "uint64_t mac = uint64_t{port} << 48;", "uint64_t mac = 0 * port;")],
    "no source MAC in the relay": [(PRINT6, "mac |= uint64_t{m.source_mac[i]} << 8 * i;", "mac += 0;")],
    "no source address in the relay": [(PRINT6, "block(m.source_ip, Place::kRouter6)", "block(Address(), Place::kRouter6)")],
    "no interface-id in the relay": [(PRINT6, "m.has_relay_ids ? short_hash(parts.relay_ids) : 0", "0")],
    "no link-address in the relay": [(PRINT6, "low(block(m.link_address, Place::kAsked6))", "0")],
    "relays behind one another are one": [(PRINT6, "behind.empty() ? 0 : ", "true ? 0 : ")],
    "the client stands for a relay behind": [(READ6, "if (n < m.relays) behind_end", "behind_end")],
    "a remote-id is no relay's": [(FRAME6, "code == dhcp6::kInterfaceId || code == dhcp6::kRemoteId", "code == dhcp6::kInterfaceId")],
    "a lightweight relay's link is ::": [(FRAME6, "; !link.unspecified()) m.link", "; true) m.link")],
    "seven relays are too many": [(FRAME6, "m.relays++ == Message6::kMostRelays", "++m.relays == Message6::kMostRelays")],
    "nine relays are not too many": [(FRAME6, "m.relays++ == Message6::kMostRelays", "m.relays++ > Message6::kMostRelays")],
    "the last of two messages counts": [(FRAME6, "messages != 1 ||", "messages == 0 ||")],
    "a group of servers is a server": [(FRAME6, "m.server_ip.multicast() || ", "")],
    "a server's message is a client's": [(FRAME6, "    case dhcp6::kAdvertise:\n", "")],
    "a LEASEQUERY is a client's": [(FRAME6, "    case dhcp6::kLeasequery:\n      return Reason::leasequery;\n", "")],
    "what breaks off is whole": [(FRAME6, "if (!whole) return Reason::malformed_options;\n  if (messages", "if (messages")],
    "a client's message that breaks off is whole": [(FRAME6, "if (!whole) return Reason::malformed_options;\n  return", "return")],
    "a first fragment is whole": [(EXTENSIONS, "& 0xfff9) != 0", "& 0xfff8) != 0")],
    "an atomic fragment is a piece": [(EXTENSIONS, "& 0xfff9) != 0", "& 0xfff9) != 1")],
    "extension headers count in fours": [(EXTENSIONS, "8 + p[1] * 8u", "8 + p[1] * 4u")],
    "an authentication header counts in eights": [(EXTENSIONS, "8 + p[1] * 4u", "8 + p[1] * 8u")],
    "an extension header ends behind the packet": [(EXTENSIONS, "    if (size > rest.size()) return Reason::malformed_ip;\n", "    size = std::min(size, rest.size());\n"),
                                                   (EXTENSIONS, "#include \"ipv6.h\"\n", "#include \"ipv6.h\"\n#include <algorithm>\n")],
    "prefixes are always judged": [(READ6, "m.prefix_delegation && !policy.dedup_prefix_delegation", "false")],
    "prefixes are never judged": [(READ6, "m.prefix_delegation && !policy.dedup_prefix_delegation", "m.prefix_delegation")],
    "trust looks at the source alone": [(READ6, "trusted(m.source_ip, m.link_address, policy", "trusted(m.source_ip, Address(), policy")],
    "trust looks at the link alone": [(READ6, "trusted(m.source_ip, m.link_address, policy", "trusted(m.link_address, m.link_address, policy")],
    "identity looks for a transaction in every message": [(READ6, "|| !has_transaction(m.type)", "")],
    "identity compares all": [(READ6, "policy.match == Match::content || !has_transaction", "true || !has_transaction")],
}.items()}

MUTANTS |= {f"DHCPv4: {name}": edits for name, edits in MUTANTS4.items()}

# Killed by threads that meet.
LOCK = ("dataplane/spin_lock.h", "    if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]\n      wait();\n")
STRESS_MUTANTS = {"a decision is no atomic step": [(*LOCK, "")]}
