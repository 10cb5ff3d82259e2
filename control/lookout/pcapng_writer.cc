// SPDX-License-Identifier: Apache-2.0
#include "lookout/pcapng_writer.h"

#include <algorithm>

namespace relaysieve::pcapng {
namespace {

constexpr uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kStatistics = 5, kPacket = 6;
constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;
constexpr uint16_t kComment = 1, kUserApplication = 4, kName = 2, kTimeResolution = 9, kFlags = 2,
                   kDropCount = 4, kEndTime = 3, kReceived = 4, kSystemDropped = 7, kDelivered = 8;
constexpr uint32_t kInbound = 1;
constexpr size_t kLongestOption = 65535;

template <typename Number>
void put(std::string& to, Number number) {
  for (size_t i = 0; i < sizeof number; ++i) to.push_back(static_cast<char>(number >> 8 * i & 0xff));
}

void put_padded(std::string& to, std::string_view bytes) {
  to += bytes;
  to.append(-bytes.size() % 4, '\0');
}

void put_option(std::string& to, uint16_t code, std::string_view value) {
  value = value.substr(0, kLongestOption);
  put(to, code);
  put(to, static_cast<uint16_t>(value.size()));
  put_padded(to, value);
}

template <typename Number>
void put_number(std::string& to, uint16_t code, Number number) {
  std::string value;
  put(value, number);
  put_option(to, code, value);
}

void put_time(std::string& to, Time time) {
  const auto stamp = static_cast<uint64_t>(time.count());
  put(to, static_cast<uint32_t>(stamp >> 32));
  put(to, static_cast<uint32_t>(stamp));
}

std::string block(uint32_t kind, std::string body) {
  put(body, uint32_t{0});  // the end of the options
  std::string whole;
  const auto length = static_cast<uint32_t>(body.size() + 12);
  put(whole, kind);
  put(whole, length);
  whole += body;
  put(whole, length);
  return whole;
}

}  // namespace

std::string section(std::string_view application) {
  std::string body;
  put(body, kByteOrder);
  put(body, uint16_t{1});  // version 1.0
  put(body, uint16_t{0});
  put(body, ~uint64_t{0});  // of unknown length
  put_option(body, kUserApplication, application);
  return block(kSection, std::move(body));
}

std::string interface(std::string_view name, uint32_t longest) {
  std::string body;
  put(body, kEthernet);
  put(body, uint16_t{0});
  put(body, longest == ~uint32_t{0} ? uint32_t{0} : longest);  // 0: no limit
  put_option(body, kName, name);
  put_number(body, kTimeResolution, uint8_t{9});
  return block(kInterface, std::move(body));
}

std::string packet(const Packet& packet) {
  std::string body;
  put(body, packet.interface);
  put_time(body, packet.time);
  put(body, static_cast<uint32_t>(packet.bytes.size()));
  put(body, packet.length);
  put_padded(body, {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()});
  put_option(body, kComment, packet.comment);
  put_number(body, kFlags, kInbound);
  if (packet.lost_before != 0) put_number(body, kDropCount, packet.lost_before);
  return block(kPacket, std::move(body));
}

std::string statistics(uint32_t interface, Time now, const Counts& counts) {
  std::string body;
  put(body, interface);
  put_time(body, now);
  std::string end;
  put_time(end, now);
  put_option(body, kEndTime, end);
  put_number(body, kReceived, counts.delivered + counts.lost);
  put_number(body, kSystemDropped, counts.lost);
  put_number(body, kDelivered, counts.delivered);
  return block(kStatistics, std::move(body));
}

}  // namespace relaysieve::pcapng
