// SPDX-License-Identifier: Apache-2.0
#include "commands/top_feed.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/client.h"

namespace relaysieve {

absl::StatusOr<TopLook> look_at_daemon(const std::string& control, unsigned seconds) {
  TopLook look;
  const auto clients = ask(control, "GET", absl::StrCat("/v1/clients?seconds=", seconds));
  if (clients.ok()) look.clients = *clients;
  const auto relays = ask(control, "GET", "/v1/relays");
  if (relays.ok()) look.relays = *relays;
  auto status = ask(control, "GET", "/v1/status");
  if (!status.ok()) return status.status();
  look.status = *std::move(status);
  // Who does not tell his clients has not taken his time over it either.
  if (!clients.ok()) std::this_thread::sleep_for(std::chrono::seconds(seconds));
  return look;
}

struct TopFeed::Shared {
  Shared() : news(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Shared() { close(news); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  const int news;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  absl::StatusOr<TopLook> look = TopLook();
};

TopFeed::TopFeed(std::string control, unsigned seconds) : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_, control = std::move(control), seconds] {
    while (!shared->stop) {
      absl::StatusOr<TopLook> look = look_at_daemon(control, seconds);
      {
        const std::lock_guard hold(shared->mutex);
        shared->look = std::move(look);
      }
      eventfd_write(shared->news, 1);
    }
  }).detach();
}

TopFeed::~TopFeed() { shared_->stop = true; }

int TopFeed::descriptor() const { return shared_->news; }

absl::StatusOr<TopLook> TopFeed::take() {
  eventfd_t count = 0;
  eventfd_read(shared_->news, &count);
  const std::lock_guard hold(shared_->mutex);
  return shared_->look;
}

}  // namespace relaysieve
