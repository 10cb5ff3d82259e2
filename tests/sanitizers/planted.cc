// SPDX-License-Identifier: Apache-2.0
// planted FAULT: does what the sanitizers have to see, so that they are known to look.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace {

volatile int one = 1;  // so that the compiler foresees nothing
volatile int seen;

void behind_the_end() {
  const std::vector<int> numbers(8);
  seen = numbers.data()[numbers.size() - 1 + static_cast<size_t>(one)];
}

void after_free() {
  int* number = new int(one);
  int* volatile same = number;
  delete number;
  seen = *same;
}

void leak() {
  int* volatile lost = new int(one);
  lost = nullptr;
  static_cast<void>(lost);
}

void overflow() { seen = std::numeric_limits<int>::max() + one; }

void shift() { seen = one << (31 + one); }

void race() {
  int count = 0;
  std::thread other([&] { ++count; });
  ++count;
  other.join();
  seen = count;
}

// Each order alone is right; nobody ever waits here.
void lock_order() {
  std::mutex a, b;
  const auto both = [](std::mutex& first, std::mutex& second) {
    const std::scoped_lock outer(first);
    const std::scoped_lock inner(second);
    seen = one;
  };
  std::thread([&] { both(a, b); }).join();
  std::thread([&] { both(b, a); }).join();
}

struct Fault {
  std::string_view name;
  void (*commit)();
};
constexpr Fault kFaults[] = {{"none", [] {}},
                             {"behind-the-end", behind_the_end},
                             {"after-free", after_free},
                             {"leak", leak},
                             {"overflow", overflow},
                             {"shift", shift},
                             {"race", race},
                             {"lock-order", lock_order}};

}  // namespace

int main(int count, char** words) {
  for (const Fault& fault : kFaults)
    if (count == 2 && fault.name == words[1]) {
      fault.commit();
      std::puts("done");
      return 0;
    }
  return 2;
}
