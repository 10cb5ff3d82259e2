// SPDX-License-Identifier: Apache-2.0
// Frames that the rule does not look at: they pass, as often as they come, and leave no trace.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Passing : public Scenario {
 protected:
  // Passes from both routers, over and over, and the DISCOVER that follows is judged as if nothing had been.
  void passes_without_a_trace(const Arrival& one, const Arrival& two, Reason reason,
                              Place where = Place::here()) {
    at(0ms, one, where).is(forward, reason);
    at(1ms, two, where).is(forward, reason);
    at(2ms, one, where).is(forward, reason);
    at(3ms, A.brings(discover), where).is(forward, first_copy);
    at(4ms, one, where).is(forward, reason);
    at(5ms, B.brings(discover), where).is(drop, second_copy);
    at(6ms, two, where).is(forward, reason);
  }
};

TEST_F(Passing, RepliesToTheRelays) {
  const Transmission offer = discover.but(&Transmission::op, 2).with({kMessageType, {kOffer}});
  passes_without_a_trace(A.brings(offer), B.brings(offer), reply);
}

TEST_F(Passing, ABroadcastReplyIsAReply) {
  const Transmission offer = discover.but(&Transmission::op, 2).with({kMessageType, {kOffer}});
  const Arrival frame = A.brings(offer).to({"255.255.255.255"_ip, "ff:ff:ff:ff:ff:ff"_mac});
  passes_without_a_trace(frame, frame, reply);
}

TEST_F(Passing, UnicastRenewals) {  // routed, not relayed: giaddr is 0, the source is the client
  const Transmission renewal = udhcpc().request().but(&Transmission::ciaddr, "10.20.0.210"_ip);
  const Router client = {"none", "02:00:00:30:00:02"_mac, "10.20.0.210"_ip, 0};
  passes_without_a_trace(client.brings(renewal), client.brings(renewal), direct);
}

TEST_F(Passing, GiaddrZero) {
  passes_without_a_trace(A.asking_for(0).brings(discover), B.asking_for(0).brings(discover), direct);
}

TEST_F(Passing, ABroadcastIsNotForAServer) {
  const Server everyone = {"255.255.255.255"_ip, "ff:ff:ff:ff:ff:ff"_mac};
  passes_without_a_trace(A.brings(discover).to(everyone), B.brings(discover).to(everyone), direct);
}

TEST_F(Passing, NorIsAGroup) {
  const Server group = {"239.1.2.3"_ip, "01:00:5e:01:02:03"_mac};
  passes_without_a_trace(A.brings(discover).to(group), B.brings(discover).to(group), direct);
}

TEST_F(Passing, Leasequery) {  // RFC 4388: chaddr is another host's
  const Transmission query = discover.with({kMessageType, {kLeasequery}});
  passes_without_a_trace(A.brings(query), B.brings(query), leasequery);
}

// RFC 2131 s4.1: where option 52 says that file or sname holds options, the type may be one of them.
TEST_F(Passing, ALeasequeryWhoseTypeStandsInFileOrSname) {
  const Bytes type = {kMessageType, 1, kLeasequery, kEnd};
  const Transmission untyped = discover.without(kMessageType);
  const Transmission in_file = untyped.with({kOverload, {1}}).but(&Transmission::file, type),
                     in_sname = untyped.with({kOverload, {2}}).but(&Transmission::sname, type);
  passes_without_a_trace(A.brings(in_file), B.brings(in_sname), leasequery);
}

TEST_F(Passing, Port4011) {
  passes_without_a_trace(A.brings(request).but(&Copy::destination_port, 4011),
                         B.brings(request).but(&Copy::destination_port, 4011), not_dhcp);
}

TEST_F(Passing, Port68) {
  passes_without_a_trace(A.brings(discover).but(&Copy::destination_port, 68),
                         B.brings(discover).but(&Copy::destination_port, 68), not_dhcp);
}

TEST_F(Passing, FirstFragments) {  // more fragments, offset 0
  passes_without_a_trace(A.brings(discover).but(&Copy::fragment, 0x2000),
                         B.brings(discover).but(&Copy::fragment, 0x2000), fragment);
}

TEST_F(Passing, LaterFragments) {
  passes_without_a_trace(A.brings(discover).but(&Copy::fragment, 1),
                         B.brings(discover).but(&Copy::fragment, 0x1fff), fragment);
}

TEST_F(Passing, AnOptionThatOverrunsTheMessage) {
  const Transmission broken = discover.with({kUserClass, {1, 2, 3}})
                                  .but(&Transmission::end, false)
                                  .but(&Transmission::after_end, Bytes{kMachineId, 17, 0})
                                  .but(&Transmission::least, 0);
  passes_without_a_trace(A.brings(broken), B.brings(broken), malformed_options);
}

TEST_F(Passing, AnOpThatIsNeitherRequestNorReply) {
  const Transmission odd = discover.but(&Transmission::op, 3);
  passes_without_a_trace(A.brings(odd), B.brings(odd), malformed_bootp);
}

TEST_F(Passing, OtherProtocols) {
  Bytes arp = A.brings(discover).bytes(), tcp = arp, stump = arp;
  Bytes v6 =
      Router6{"A", "02:00:00:30:00:02"_mac, "fd20:30::2"_ip6, "fd20:20::2"_ip6}.brings(solicit()).bytes();
  overwrite16(arp, 12, 0x0806);
  overwrite16(stump, 12, 0x86dd);
  v6[20] = 58;
  tcp[23] = 6;
  passes_without_a_trace({arp, "an ARP frame"}, {tcp, "a TCP segment"}, not_dhcp);
  at(7ms, {v6, "an ICMPv6 packet"}).is(forward, not_dhcp);
  at(7ms, {stump, "an IPv4 packet that says that it is IPv6"}).is(forward, malformed_ip);
}

TEST_F(Passing, PauseFramesAndStumps) {
  const Arrival pause = {Bytes{1, 0x80, 0xc2, 0, 0, 1, 2, 0, 0, 0x30, 0, 2, 0x88, 8, 0, 1, 0, 0},
                         "a pause frame"};
  passes_without_a_trace(pause, {Bytes(13), "13 bytes"}, not_dhcp);
  at(7ms, {Bytes{}, "nothing"}).is(forward, not_dhcp);
}

// What is odd, and judged all the same.

TEST_F(Passing, ButIpOptionsAreNoObstacle) {
  at(0ms, A.brings(discover).but(&Copy::ip_options, Bytes{7, 7, 4, 0, 0, 0, 0, 0}))
      .is(forward, first_copy);  // record route
  at(1ms, B.brings(discover)).is(drop, second_copy);
  at(2ms, C.brings(discover).but(&Copy::ip_options, Bytes(40, 1))).is(drop, second_copy);
}

TEST_F(Passing, ButUdpChecksumsAreNeitherNeededNorChecked) {  // VPP zeroes them
  at(0ms, A.brings(discover).but(&Copy::udp_checksum, UdpChecksum::zero)).is(forward, first_copy);
  at(1ms, B.brings(discover).but(&Copy::udp_checksum, UdpChecksum::wrong)).is(drop, second_copy);
  at(2ms, C.brings(discover)).is(drop, second_copy);
}

TEST_F(Passing, ButAWrongIpChecksumIsNotOurs) {
  Bytes wrong = B.brings(discover).bytes();
  wrong[24] ^= 0x55;
  at(0ms, A.brings(discover)).is(forward, first_copy);
  at(1ms, {wrong, "router B's copy with a wrong IP checksum"}).is(drop, second_copy);
}

TEST_F(Passing, ButADatagramThatMayBeFragmentedIsNoFragment) {
  at(0ms, A.brings(discover).but(&Copy::fragment, 0)).is(forward, first_copy);
  at(1ms, B.brings(discover).but(&Copy::fragment, 0x8000)).is(drop, second_copy);  // the reserved bit
}

TEST_F(Passing, ButBytesBehindThePacketDoNotExist) {
  at(0ms, A.brings(discover).but(&Copy::trailer, Bytes(20, 0xee))).is(forward, first_copy);
  at(1ms, B.brings(discover)).is(drop, second_copy);
}

}  // namespace
}  // namespace relaysieve::test
