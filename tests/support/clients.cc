// SPDX-License-Identifier: Apache-2.0
#include "support/clients.h"

namespace relaysieve::test {
namespace {

std::array<uint8_t, 16> hardware(const Mac& mac) {
  std::array<uint8_t, 16> chaddr{};
  std::copy(mac.begin(), mac.end(), chaddr.begin());
  return chaddr;
}

auto fixed(uint32_t value) {
  return [=](nanoseconds) { return value; };
}
auto counting(uint32_t start, nanoseconds tick) {
  return [=](nanoseconds running) { return start + static_cast<uint32_t>(running / tick); };
}
auto secs_counting(uint16_t start, nanoseconds tick, uint16_t step = 1) {
  return [=](nanoseconds running) { return static_cast<uint16_t>(start + step * (running / tick)); };
}

constexpr auto kSecond = std::chrono::seconds(1);
constexpr auto kQuarter = std::chrono::milliseconds(250);

const Option kPxeList = {kParameterList, {1, 3, 6, 12, 15, 17, 43, 54, 60, 66, 67}};
const Option kMachine = {kMachineId, {0, 0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

}  // namespace

Transmission Client::message(uint8_t type, const char* word, nanoseconds running) const {
  Transmission sent{.name = name + "'s " + word, .hlen = hlen, .xid = xid(running), .secs = secs(running)};
  sent.flags = flags;
  sent.chaddr = chaddr;
  sent.file = bytes_of(file);
  sent.options = {{kMessageType, {type}}};
  sent.options.insert(sent.options.end(), options.begin(), options.end());
  return sent;
}

Transmission Client::discover(nanoseconds running) const { return message(kDiscover, "DISCOVER", running); }

Transmission Client::request(nanoseconds running, Ip server) const {
  return message(kRequest, "REQUEST", running)
      .with({kServerId, bytes_of(server)})
      .with({kRequestedAddress, bytes_of("10.20.0.210"_ip)});
}

Transmission Client::inform(nanoseconds running) const {
  return message(kInform, "INFORM", running).but(&Transmission::ciaddr, "10.20.0.210"_ip);
}

Client Client::called(Mac mac) const {
  Client other = *this;
  other.chaddr = hardware(mac);
  return other;
}

Client Client::with_hlen(uint8_t length) const {
  Client other = *this;
  other.hlen = length;
  for (size_t i = length; i < other.chaddr.size(); ++i) other.chaddr[i] = 0;
  return other;
}

Client grub() {
  return {.name = "GRUB",
          .chaddr = hardware("52:54:00:20:00:10"_mac),
          .xid = counting(0x6b0230fd, kSecond),
          .secs = secs_counting(12541, kSecond),
          .options = {}};
}

Client u_boot() {
  return {.name = "U-Boot",
          .chaddr = hardware("52:54:00:20:00:08"_mac),
          .xid = fixed(0x00201a30),
          .secs = secs_counting(0, kSecond),
          .options = {{kMaxSize, {0x02, 0x40}},
                      {kVendorClass, bytes_of("U-Boot")},
                      {kParameterList, {1, 3, 6, 12, 17}}},
          .file = "boot.ipxe"};
}

Client ipxe() {
  return {.name = "iPXE",
          .chaddr = hardware("52:54:00:20:00:01"_mac),
          .xid = fixed(0x90bf493b),
          .secs = secs_counting(4, kQuarter, 4),
          .options = {{kMaxSize, {0x05, 0xc0}},
                      {kArchitecture, {0, 0}},
                      {kVendorClass, bytes_of("PXEClient:Arch:00000:UNDI:002001")},
                      {kUserClass, bytes_of("iPXE")},
                      kPxeList,
                      {kClientId, {1, 0x52, 0x54, 0, 0x20, 0, 1}},
                      kMachine}};
}

Client edk2() {
  return {.name = "EDK2",
          .chaddr = hardware("52:54:00:20:00:04"_mac),
          .flags = 0x8000,
          .xid = fixed(0xa4178462),
          .secs = secs_counting(0, std::chrono::hours(1)),
          .options = {{kMaxSize, {0x05, 0xc0}},
                      kPxeList,
                      kMachine,
                      {kArchitecture, {0, 7}},
                      {kVendorClass, bytes_of("PXEClient:Arch:00007:UNDI:003001")}}};
}

Client raspberry_pi() {
  return {.name = "Raspberry Pi",
          .chaddr = hardware("b8:27:eb:00:00:01"_mac),
          .xid = fixed(0x26f30339),
          .secs = secs_counting(0, std::chrono::hours(1)),
          .options = {kPxeList,
                      {kArchitecture, {0, 0}},
                      kMachine,
                      {kVendorClass, bytes_of("PXEClient:Arch:00000:UNDI:002001")}}};
}

Client udhcpc() {
  return {.name = "udhcpc",
          .chaddr = hardware("52:54:00:20:00:30"_mac),
          .xid = fixed(0x3d1d2b91),
          .secs = secs_counting(0, kSecond),
          .options = {{kMaxSize, {0x02, 0x40}},
                      {kParameterList, {1, 3, 6, 12, 15, 28, 42}},
                      {kVendorClass, bytes_of("udhcp 1.35.0")}}};
}

Client network_manager() {
  return {.name = "NetworkManager",
          .chaddr = hardware("52:54:00:20:00:40"_mac),
          .xid = counting(0x51c00001, kSecond),
          .secs = secs_counting(1, kSecond),
          .options = {{kClientId, {1, 0x52, 0x54, 0, 0x20, 0, 0x40}}, {kMaxSize, {0xff, 0xff}}, kPxeList}};
}

Transmission plain_bootp(const std::string& file) {
  Transmission sent{.name = "a BOOTP client's request", .xid = 0x0b007b00};
  sent.chaddr = hardware("08:00:20:00:00:01"_mac);
  sent.cookie = false;
  sent.file = bytes_of(file);
  return sent;
}

}  // namespace relaysieve::test
