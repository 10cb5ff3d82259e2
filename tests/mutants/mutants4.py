# SPDX-License-Identifier: Apache-2.0
"""Mutants of what is read of a DHCPv4 request, and of what is said of it; see mutants.py.

Left out are those that nobody can tell from the core: relay groups that are looked for where all is one scope (the scope is 0
all the same), and a short way that declines what the long way reads as well."""

FRAME, GROUPS, OPTIONS, READ, PRINT, SHORT, OBSERVATION, COPY, FORGOTTEN = (f"dataplane/{file}" for file in (
    "message.cc", "groups.cc", "options.h", "fingerprint.cc", "maker.h", "short_way.h", "observation.cc", "copy.h", "forgotten.cc"))

MUTANTS4 = {
    # Whose copies count.
    "trust looks at the source alone, groups": [(GROUPS, "(asked.unspecified() || held(asked, relays))", "true")],
    "trust looks at giaddr alone": [(GROUPS, "(held(source, relays) && (", "((")],
    "none is trusted where none is named": [(GROUPS, "relays.empty() || ", "")],
    "all are trusted, short way": [(READ, "!maker.all_trusted && !trusted(", "false && !trusted(")],
    "all are trusted, long way": [(READ, "if (!trusted(m.source_ip, m.giaddr, policy.trusted_relays)) return false;", "")],

    # Scopes and servers.
    "no relay groups": [(PRINT, "p.scope != ScopeRule::any && !p.relay_groups.empty()", "false")],
    "all relay groups are one": [(PRINT, "kGroups + *group", "kGroups")],
    "no server groups": [(PRINT, "server_group(p.server_ip, policy).value_or(p.server_ip)", "p.server_ip")],
    "all groups are one": [(GROUPS, "return static_cast<uint32_t>(i);", "return 0;")],
    "the last of the groups counts": [(GROUPS, "for (size_t i = 0; i < groups.size(); ++i)", "for (size_t i = groups.size(); i-- > 0;)")],
    "no link selection, long way": [(FRAME, "code == suboption::kLinkSelection && v.size() == 4", "false")],
    "no link selection, short way": [(SHORT, "sub[0] == suboption::kLinkSelection && sub[1] == 4", "false")],
    "a link selection of any length, long way": [(FRAME, "v.size() == 4 && !m.link_selection", "!m.link_selection")],
    "a link selection of any length, short way": [(SHORT, "sub[1] == 4 && !p.has_link_selection", "!p.has_link_selection")],
    "no VRF, long way": [(FRAME, "code == suboption::kVrf && m.vrf.empty()", "false")],
    "no VRF, short way": [(SHORT, "    if (sub[0] == suboption::kVrf) return false;\n", "")],

    # Frames that are none of the rule's.
    "a LEASEQUERY is a client's, long way": [(FRAME, "  if (m.type == kLeasequery) return Reason::leasequery;\n", "")],
    "a LEASEQUERY is a client's, short way": [(SHORT, "p.type == 0 || p.type == kLeasequery", "p.type == 0")],
    "a fragment is whole": [(FRAME, "if (load16(&rest[6]) & 0x3fff) return Reason::fragment;", "")],
    "a first fragment is whole, long way": [(FRAME, "& 0x3fff) return", "& 0x1fff) return")],
    "a first fragment is whole, short way": [(SHORT, "0, 0x3f, 0xff}", "0, 0x1f, 0xff}")],
    "a BOOTREPLY is malformed": [(FRAME, "  if (rest[bootp::kOp] == 2) return Reason::reply;\n", "")],
    "an hlen of 17 fits, long way": [(FRAME, "rest[bootp::kHlen] > bootp::kChaddrSize", "rest[bootp::kHlen] > 17")],
    "an hlen of 17 fits, short way": [(SHORT, "p.bootp[bootp::kHlen] > bootp::kChaddrSize", "p.bootp[bootp::kHlen] > 17")],
    "giaddr 0 is a relay's, long way": [(FRAME, "m.giaddr == 0 || ", "")],
    "giaddr 0 is a relay's, short way": [(SHORT, "p.giaddr == 0 || ", "")],
    "a group is a server, long way": [(FRAME, " || !unicast(m.server_ip)", "")],
    "a group is a server, short way": [(SHORT, " || !unicast(p.server_ip)", "")],

    # Options.
    "Pads are options": [(OPTIONS, "field[at] == option::kPad", "false")],
    "End is an option": [(OPTIONS, " && field[at] != option::kEnd", "")],
    "what breaks off is whole": [(FRAME, "  if (broken) return Reason::malformed_options;\n", "")],
    "options in pieces lie in one": [(FRAME, "m.in_one_piece = false", "m.in_one_piece = true")],
    "a second option 82 is nobody's": [(READ, "  if (m.relay_infos <= 1) return m.relay_info;", "  return m.relay_info;")],
    "no overload": [(FRAME, "m.overload = v[0] & 3", "m.overload = 0")],
    "an overload is of both": [(FRAME, "m.overload = v[0] & 3", "m.overload = 3")],
    "no type in file": [(FRAME, "if (m.overload & 1) search", "if (false) search")],
    "no type in sname": [(FRAME, "if (m.overload & 2) search", "if (false) search")],
    "no file in plain BOOTP's key": [(READ, "file = m.type == 0 ||", "file =")],
    "no sname in plain BOOTP's key": [(READ, "sname = m.type == 0 ||", "sname =")],
    "no options in file": [(READ, "(!only_identity && m.overload & 1)", "false")],
    "no options in sname": [(READ, "(!only_identity && m.overload & 2)", "false")],
    "identity looks into file": [(READ, "(!only_identity && m.overload & 1)", "(m.overload & 1)")],
    "identity looks into sname": [(READ, "(!only_identity && m.overload & 2)", "(m.overload & 2)")],
    "identity without option 50": [(READ, "code == option::kRequestedAddress || ", "")],
    "identity without option 54": [(READ, "code == option::kServerId || ", "")],
    "identity without option 61": [(READ, " || code == option::kClientId", "")],
    "identity compares all": [(READ, " || (only_identity && !identifies(code))", "")],

    # Reasons.
    "late is not told": [(OBSERVATION, "    return Reason::late_copy;", "    return Reason::first_copy;")],
    "late is also who was there": [(OBSERVATION, "if (seen && (line(record_).brought & bucket_.relays(record_).find(copy_.request.relay)) == 0)", "if (seen)")],
    "a twin is not told": [(OBSERVATION, "  if (twin != kNone) return beside(Reason::twin_other_scope, twin);\n", "")],
    "a twin may ask for something else": [(OBSERVATION, "if (!same_scope && same_options)", "if (!same_scope)")],
    "rewritten is not told": [(OBSERVATION, "rewritten != kNone && copy_.policy.match == Match::content", "false")],
    "rewritten is told of identity": [(OBSERVATION, "rewritten != kNone && copy_.policy.match == Match::content", "rewritten != kNone")],
    "rewritten by who brought the other": [(OBSERVATION, " && (relays.find(copy_.request.relay) & line(way).brought) == 0)\n      rewritten", ")\n      rewritten")],
    "a rewritten second copy is like the first": [(OBSERVATION, "rewritten ? Reason::second_copy_rewritten : Reason::second_copy", "Reason::second_copy")],

    # What is left of what was evicted.
    "no room is not told from nothing": [(FORGOTTEN, "if (has || line.items == kItemsOfLine) answer", "if (has) answer")],
    "a line of the forgotten takes any number": [(FORGOTTEN, "    if (line.items == kItemsOfLine) return false;\n", "")],
    "another window forgets nothing": [(FORGOTTEN, "next = ((old >> 32) + 1) << 32 |", "next = (old >> 32) << 32 |")],

    # A burst whose frames were refused.
    "what goes in place of a held copy does not say which": [(OBSERVATION, "  if (!line.delivered) verdict_.first_number = copy_.whole_number(line.number);\n", "")],
    "the first copy of what is judged again is an earlier one": [(COPY, "static_cast<int64_t>(static_cast<int32_t>(low - static_cast<uint32_t>(number)))", "low - (number & 0xffffffff) - (low > (number & 0xffffffff) ? uint64_t{1} << 32 : 0)")],
}
