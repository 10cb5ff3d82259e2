// SPDX-License-Identifier: Apache-2.0
// What is part of the key, and what is not: router B's copy with one thing changed.
#include "support/scenario.h"

namespace relaysieve::test {
namespace {

class Key : public Scenario {
 protected:
  void is_part_of_the_key(const Transmission& one, const Transmission& other, Place where = Place::here()) {
    at(0ms, A.brings(one), where).is(forward, first_copy);
    at(1ms, A.brings(other), where).is(forward, first_copy);
    at(2ms, B.brings(one), where).is(drop, second_copy);
    at(3ms, B.brings(other), where).is(drop, second_copy);
  }
  void is_left_out(const Transmission& one, const Copy& other, Place where = Place::here()) {
    at(0ms, A.brings(one), where).is(forward, first_copy);
    at(1ms, other, where).is(drop, second_copy);
  }
  const Transmission padded = discover.with_pads(60);
};

TEST_F(Key, Xid) { is_part_of_the_key(discover, discover.but(&Transmission::xid, 0xa4178463)); }
TEST_F(Key, Secs) { is_part_of_the_key(discover, discover.but(&Transmission::secs, 0x0100)); }
TEST_F(Key, Ciaddr) { is_part_of_the_key(discover, discover.but(&Transmission::ciaddr, 1)); }
TEST_F(Key, Htype) { is_part_of_the_key(discover, discover.but(&Transmission::htype, 6)); }
TEST_F(Key, Hlen) { is_part_of_the_key(discover, discover.but(&Transmission::hlen, 0)); }

TEST_F(Key, AllSixteenBytesOfChaddr) {
  at(0ms, A.brings(discover)).is(forward, first_copy);
  for (size_t i = 0; i < 16; ++i) {
    Transmission other = discover;
    other.chaddr[i] ^= 0x80;
    at(1ms, A.brings(other)).is(forward, first_copy);
  }
}

TEST_F(Key, TheMessageType) { is_part_of_the_key(discover, discover.with({kMessageType, {kInform}})); }
TEST_F(Key, AnOptionsValue) { is_part_of_the_key(discover, discover.with({kArchitecture, {0, 9}})); }
TEST_F(Key, AnOptionsLength) { is_part_of_the_key(discover, discover.with({kArchitecture, {0, 7, 0}})); }
TEST_F(Key, AnotherOption) { is_part_of_the_key(discover, discover.with({kUserClass, {1}})); }
TEST_F(Key, AnOptionLess) { is_part_of_the_key(discover, discover.without(kMachineId)); }
TEST_F(Key, AnEmptyOption) { is_part_of_the_key(discover, discover.with({80, {}})); }  // rapid commit

TEST_F(Key, TheOrderOfTheOptions) {
  Transmission other = discover;
  std::swap(other.options.at(1), other.options.at(2));
  is_part_of_the_key(discover, other);
}

TEST_F(Key, WhereOneOptionEndsAndTheNextBegins) {  // the same bytes, cut up differently
  is_part_of_the_key(discover.with({224, {1, 225, 1, 2}}), discover.with({224, {1}}).with({225, {2}}));
}

TEST_F(Key, AnOptionOf255Bytes) {
  Bytes one(255, 7), other = one;
  other[254] = 8;
  is_part_of_the_key(discover.with({224, one}), discover.with({224, other}));
}

TEST_F(Key, Flags) { is_left_out(discover, B.brings(discover.but(&Transmission::flags, 0))); }
TEST_F(Key, Siaddr) { is_left_out(discover, B.brings(discover.but(&Transmission::siaddr, 1))); }
TEST_F(Key, Yiaddr) { is_left_out(discover, B.brings(discover.but(&Transmission::yiaddr, 1))); }
TEST_F(Key, Hops) { is_left_out(discover, B.brings(discover).but(&Copy::hops, 16)); }
TEST_F(Key, Pads) { is_left_out(discover, B.brings(discover.with_pads(30))); }
TEST_F(Key, Padding) { is_left_out(discover, B.brings(discover.but(&Transmission::least, 548))); }
TEST_F(Key, AMissingEnd) { is_left_out(discover, B.brings(discover.but(&Transmission::end, false))); }

TEST_F(Key, StrayBytesBehindEnd) {
  is_left_out(discover, B.brings(discover.but(&Transmission::after_end, Bytes{0xde, 0xad, 53, 200})));
}

TEST_F(Key, TheFileOfADhcpMessage) {  // the client's options decide, not what stands in BOOTP's fields
  is_left_out(discover, B.brings(discover.but(&Transmission::file, bytes_of("x"))));
}

TEST_F(Key, ThePadBetweenTwoOptions) {
  Transmission other = discover;
  other.options.insert(other.options.begin() + 2, 3, Option{});
  is_left_out(discover, B.brings(other));
}

// Option 82 is the relay's, wherever it stands.

TEST_F(Key, Option82AtTheEnd) {
  is_left_out(discover, B.writing(option82({circuit_id("eth7")})).brings(discover));
}
TEST_F(Key, Option82First) {
  is_left_out(discover, B.writing(option82_at(0, {circuit_id("eth7")})).brings(discover));
}
TEST_F(Key, Option82InTheMiddle) {
  is_left_out(discover, B.writing(option82_at(3, {circuit_id("eth7")})).brings(discover));
}
TEST_F(Key, Option82Twice) {
  is_left_out(discover, B.writing(option82_twice({circuit_id("eth7")})).brings(discover));
}
TEST_F(Key, EmptyOption82) { is_left_out(discover, B.writing(option82({})).brings(discover)); }

TEST_F(Key, Option82InTheClientsPadding) {  // ISC dhcrelay: the message keeps its size
  const Copy copy = B.writing(option82_in_padding({circuit_id("eth7")})).brings(padded);
  ASSERT_EQ(copy.bytes().size(), A.brings(padded).bytes().size());
  is_left_out(padded, copy);
}

TEST_F(Key, Option82ByBothInDifferentPlaces) {
  at(0ms, A.writing(option82_at(1, {circuit_id("a")})).brings(padded)).is(forward, first_copy);
  at(1ms, B.writing(option82_in_padding({circuit_id("b")})).brings(padded)).is(drop, second_copy);
  at(2ms, C.writing(option82_twice({circuit_id("c")})).brings(padded)).is(drop, second_copy);
  at(3ms, D.brings(padded)).is(drop, second_copy);
}

// Plain BOOTP and option overload: file and sname say what is asked.

TEST_F(Key, TheFileOfPlainBootp) { is_part_of_the_key(plain_bootp("kernel"), plain_bootp("initrd")); }

TEST_F(Key, TheServerNameOfPlainBootp) {
  is_part_of_the_key(plain_bootp("kernel"),
                     plain_bootp("kernel").but(&Transmission::sname, bytes_of("server")));
}

TEST_F(Key, TheLastByteOfBothFields) {
  Transmission one = plain_bootp("");
  one.sname.resize(64);
  one.file.resize(128);
  Transmission two = one;
  two.file[127] = 1;
  is_part_of_the_key(one, two);
}

TEST_F(Key, TheFileWhereItHoldsOptions) {  // option 52 = 1
  const Transmission one =
      discover.with({kOverload, {1}}).but(&Transmission::file, Bytes{kUserClass, 1, 1, kEnd});
  is_part_of_the_key(one, one.but(&Transmission::file, Bytes{kUserClass, 1, 2, kEnd}));
}

TEST_F(Key, TheServerNameWhereItHoldsOptions) {  // option 52 = 2
  const Transmission one =
      discover.with({kOverload, {2}}).but(&Transmission::sname, Bytes{kUserClass, 1, 1, kEnd});
  is_part_of_the_key(one, one.but(&Transmission::sname, Bytes{kUserClass, 1, 2, kEnd}));
}

TEST_F(Key, BothWhereBothHoldOptions) {  // option 52 = 3
  const Transmission one =
      discover.with({kOverload, {3}}).but(&Transmission::sname, Bytes{kUserClass, 1, 1, kEnd});
  is_part_of_the_key(one, one.but(&Transmission::sname, Bytes{kUserClass, 1, 2, kEnd}));
}

TEST_F(Key, AndInThatCaseTheFileAsWell) {
  const Transmission one =
      discover.with({kOverload, {3}}).but(&Transmission::file, Bytes{kUserClass, 1, 1, kEnd});
  is_part_of_the_key(one, one.but(&Transmission::file, Bytes{kUserClass, 1, 2, kEnd}));
}

TEST_F(Key, TheFileWhereOnlyTheServerNameHoldsOptions) {
  const Transmission one = discover.with({kOverload, {2}});
  is_left_out(one, B.brings(one.but(&Transmission::file, bytes_of("x"))));
}

TEST_F(Key, TheServerNameWhereOnlyTheFileHoldsOptions) {
  const Transmission one = discover.with({kOverload, {1}});
  is_left_out(one, B.brings(one.but(&Transmission::sname, bytes_of("x"))));
}

}  // namespace
}  // namespace relaysieve::test
