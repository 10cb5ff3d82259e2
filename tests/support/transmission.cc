// SPDX-License-Identifier: Apache-2.0
#include "support/transmission.h"

#include <algorithm>

namespace relaysieve::test {

Bytes encode(const Options& options) {
  Bytes bytes;
  for (const Option& option : options) {
    put8(bytes, option.code);
    if (option.code == kPad) continue;
    put8(bytes, static_cast<unsigned>(option.value.size()));
    put(bytes, option.value);
  }
  return bytes;
}

Transmission Transmission::with(Option option) const {
  Transmission changed = *this;
  auto same = [&](const Option& other) { return other.code == option.code; };
  auto found = std::find_if(changed.options.begin(), changed.options.end(), same);
  if (found != changed.options.end())
    *found = std::move(option);
  else
    changed.options.push_back(std::move(option));
  return changed;
}

Transmission Transmission::without(uint8_t code) const {
  Transmission changed = *this;
  std::erase_if(changed.options, [&](const Option& option) { return option.code == code; });
  return changed;
}

Transmission Transmission::with_pads(size_t count) const {
  Transmission changed = *this;
  changed.options.insert(changed.options.end(), count, Option{});
  return changed;
}

uint8_t Transmission::type() const {
  if (!cookie) return 0;
  for (const Option& option : options) {
    if (option.code == kMessageType) return option.value.at(0);
  }
  return 0;
}

Bytes Transmission::payload(Ip giaddr, uint8_t hops) const {
  Bytes out = {op, htype, hlen, hops};
  put32(out, xid);
  put16(out, secs);
  put16(out, flags);
  for (Ip address : {ciaddr, yiaddr, siaddr, giaddr}) put32(out, address);
  put(out, chaddr);
  put(out, sname);
  out.resize(108);
  put(out, file);
  out.resize(236);
  if (cookie) {
    put32(out, 0x63825363);  // RFC 2132 s2
    put(out, encode(options));
    if (end) put8(out, kEnd);
    put(out, after_end);
  }
  out.resize(std::max(out.size(), least));
  return out;
}

}  // namespace relaysieve::test
