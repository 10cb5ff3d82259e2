// SPDX-License-Identifier: Apache-2.0
#include "lookout/stream_viewer.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lookout/pcapng_writer.h"
#include "version.h"

namespace relaysieve {
namespace {

using nlohmann::ordered_json;

std::string lost_line(const std::vector<uint64_t>& lost) {
  const uint64_t sum = std::accumulate(lost.begin(), lost.end(), uint64_t{0});
  return sum == 0 ? "" : absl::StrCat("{\"lost\":", sum, "}\n");
}

}  // namespace

StreamViewer::StreamViewer(std::shared_ptr<Stream> stream, Describer describer, Limits limits, Time now)
    : describer_(std::move(describer)),
      shown_(describer_.ports().size()),
      stream_(std::move(stream)),
      limits_(limits),
      began_(now),
      lost_by_workers_(shown_.size()),
      lost_here_(shown_.size()),
      told_(shown_.size()) {}

StreamViewer::Lost StreamViewer::unseen() const {
  Lost ever(lost_here_);
  std::ranges::transform(ever, lost_by_workers_, ever.begin(), std::plus());
  return ever;
}

void StreamViewer::see(const Sight& sight) {
  if (limits_.count != 0 && count_ == limits_.count) return;
  const Lost ever = unseen();
  Lost since(ever);
  std::ranges::transform(since, told_, since.begin(), std::minus());
  const std::string piece = piece_of(sight, since);
  if (!stream_->write(piece)) {
    ++lost_here_[sight.record.port];
    return;
  }
  told_ = ever;
  ++shown_[sight.record.port];
  ++count_;
  note_written(sight);
}

bool StreamViewer::go_on(Time now, const Lost& lost) {
  lost_by_workers_ = lost;
  if (limits_.count != 0 && count_ == limits_.count) return false;
  if (limits_.time.count() != 0 && now - began_ >= limits_.time) return false;
  return !stream_->gone();
}

void StreamViewer::end(const Lost& lost, bool cut) {
  lost_by_workers_ = lost;
  const Lost ever = unseen();
  Lost since(ever);
  std::ranges::transform(since, told_, since.begin(), std::minus());
  const std::string last = last_piece(since, ever);
  if (cut) {
    stream_->cut(last);
  } else {
    stream_->end(last);
  }
}

std::string LineViewer::piece_of(const Sight& sight, const Lost& lost) {
  if (!first_) first_ = sight.record.time;
  ordered_json line = describer_.line(sight);
  line["after_us"] = std::chrono::duration<double, std::micro>(sight.record.time - *first_).count();
  return lost_line(lost) + line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string LineViewer::last_piece(const Lost& since_the_last, const Lost&) {
  return lost_line(since_the_last);
}

PcapngViewer::PcapngViewer(std::shared_ptr<Stream> stream, Describer describer, Limits limits, Time now,
                           uint32_t longest)
    : StreamViewer(std::move(stream), std::move(describer), limits, now) {
  std::string head = pcapng::section(absl::StrCat("relaysieved ", kVersion));
  for (const std::string& port : describer_.ports()) head += pcapng::interface(port, longest);
  write(head);
}

std::string PcapngViewer::piece_of(const Sight& sight, const Lost& lost) {
  const TapRecord& record = sight.record;
  const auto first = record.has_first ? packet_of_.find(record.first_number) : packet_of_.end();
  return pcapng::packet(
      {.interface = record.port,
       .time = describer_.wall_time(sight),
       .bytes = sight.bytes,
       .length = record.length,
       .lost_before = lost[record.port],
       .comment = describer_.comment(sight, first == packet_of_.end() ? 0 : first->second)});
}

void PcapngViewer::note_written(const Sight& sight) {
  if (packet_of_.size() == kRemembered) packet_of_.clear();
  packet_of_[sight.record.number] = count_;
}

std::string PcapngViewer::last_piece(const Lost&, const Lost& ever) {
  std::string last;
  const Time now = std::chrono::system_clock::now().time_since_epoch();
  for (uint32_t port = 0; port < ever.size(); ++port)
    last += pcapng::statistics(port, now, {.delivered = shown_[port], .lost = ever[port]});
  return last;
}

}  // namespace relaysieve
