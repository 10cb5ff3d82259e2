// SPDX-License-Identifier: Apache-2.0
#include "support/network.h"

#include <algorithm>

namespace relaysieve::test {

Router Router::asking_for(Ip address) const { return but(&Router::giaddr, address); }

Copy Router::brings(const Transmission& sent) const {
  Copy copy{.relay = *this, .sent = sent};
  if (writes) writes(copy.sent.options);
  return copy;
}

Writes option82(const Options& sub_options) {
  return [=](Options& options) { options.push_back({kRelayInfo, encode(sub_options)}); };
}

Writes option82_at(size_t place, const Options& sub_options) {
  return [=](Options& options) {
    options.insert(options.begin() + static_cast<ptrdiff_t>(place), {kRelayInfo, encode(sub_options)});
  };
}

Writes option82_twice(const Options& sub_options) {
  return [=](Options& options) {
    option82_at(0, sub_options)(options);
    option82(sub_options)(options);
  };
}

Writes option82_in_padding(const Options& sub_options) {
  return [=](Options& options) {
    const Option added{kRelayInfo, encode(sub_options)};
    size_t room = encode(Options{added}).size();
    auto first = std::find_if(options.begin(), options.end(), [](const Option& o) { return o.code == kPad; });
    auto last = first;
    while (last != options.end() && last->code == kPad && room > 0) ++last, --room;
    options.insert(options.erase(first, last), added);
  };
}

Writes rewriting(const Option& option) {
  return [=](Options& options) {
    for (Option& written : options) {
      if (written.code == option.code) written = option;
    }
  };
}

Bytes Copy::bytes() const {
  const Bytes payload = sent.payload(relay.giaddr, hops);
  const unsigned udp_size = static_cast<unsigned>(8 + payload.size());
  const unsigned ip_header = static_cast<unsigned>(20 + ip_options.size());

  Bytes udp;
  for (unsigned word : {unsigned{relay.source_port}, unsigned{destination_port}, udp_size, 0u})
    put16(udp, word);
  put(udp, payload);
  Bytes pseudo;  // RFC 768
  for (uint32_t word : {relay.ip, server.ip, 17u << 16 | udp_size}) put32(pseudo, word);
  pseudo.insert(pseudo.end(), udp.begin(), udp.end());
  uint16_t checksum = internet_checksum(pseudo);
  if (checksum == 0) checksum = 0xffff;
  if (udp_checksum == UdpChecksum::wrong) checksum = static_cast<uint16_t>(checksum + 1);
  overwrite16(udp, 6, udp_checksum == UdpChecksum::zero ? 0 : checksum);

  Bytes ip;
  put8(ip, 0x40 | ip_header / 4);
  put8(ip, 0);
  put16(ip, ip_header + udp_size);
  put16(ip, 0x1234);  // identification
  put16(ip, fragment);
  put8(ip, 64);  // time to live
  put8(ip, 17);
  put16(ip, 0);
  put32(ip, relay.ip);
  put32(ip, server.ip);
  put(ip, ip_options);
  overwrite16(ip, 10, internet_checksum(ip));

  Bytes frame;
  put(frame, server.mac);
  put(frame, relay.mac);
  for (const Tag& tag : tags) put16(frame, tag.tpid), put16(frame, unsigned{tag.priority} << 13 | tag.id);
  put16(frame, 0x0800);
  put(frame, ip);
  put(frame, udp);
  put(frame, trailer);
  return frame;
}

std::string Copy::what() const { return "router " + relay.name + "'s copy of " + sent.name; }

}  // namespace relaysieve::test
