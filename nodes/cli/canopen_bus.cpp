#include "nodes/cli/canopen_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "bus/can/clock.hpp"
#include "messages/can/duty_pace.hpp"
#include "messages/canopen/identifiers.hpp"

namespace voltaic::nodes::cli {
namespace {

using bus::can::monotonic_now_us;
using messages::can::frame;
namespace canopen = messages::canopen;

/// Frames that wait for this command; older ones make room.
constexpr std::size_t heard_max = 4'096;
constexpr std::int64_t presence_us_max = 1'000'000;
/// Of the bus, whatever is asked: what others have to say comes first.
constexpr double share_max = 0.3;
/// Who waits for a long transfer hears of it this often.
constexpr std::int64_t progress_us = 2'000'000;
constexpr std::int64_t look_us = 1'000;
/// A full port is tried again for so long; then the frame is given up, and its answer missed.
constexpr std::int64_t full_us_max = 100'000;

} // namespace

messages::expected<std::unique_ptr<canopen_bus>> canopen_bus::open(bus::can::port_options options) {
  options.listens_to.clear();
  options.known.clear();
  // A port of an interface asks `voltaic canctl` for restarts by a socket there: the site's part.
  if (options.uri.starts_with("socketcan:")) options.runtime_folder.clear();
  std::unique_ptr<canopen_bus> made(new canopen_bus());
  made->bitrate_ = std::max<std::uint32_t>(options.bitrate, 1);
  auto opened = bus::can::open_port(
      options, [into = made.get()](bus::can::batch&& said) { into->accept(std::move(said)); });
  if (!opened) return opened.error();
  made->port_ = *std::move(opened);
  const auto until_us = monotonic_now_us() + presence_us_max;
  while (made->port_->read_statistics().state == bus::can::controller_state::down) {
    if (monotonic_now_us() > until_us)
      return messages::failure{fmt::format("{} is not there", options.uri)};
    static_cast<void>(made->receive(monotonic_now_us() + look_us));
  }
  return made;
}

void canopen_bus::accept(bus::can::batch&& said) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& each : said.frames) {
      if (heard_.size() == heard_max) heard_.pop_front();
      heard_.push_back(each);
    }
  }
  came_.notify_one();
}

std::optional<frame> canopen_bus::receive(std::int64_t until_us) {
  std::unique_lock lock(mutex_);
  const auto patience =
      std::chrono::microseconds(std::max<std::int64_t>(until_us - monotonic_now_us(), 0));
  if (!came_.wait_for(lock, patience, [this] { return !heard_.empty(); })) return std::nullopt;
  auto first = heard_.front();
  heard_.pop_front();
  return first;
}

void canopen_bus::forget_heard() {
  const std::lock_guard lock(mutex_);
  heard_.clear();
}

void canopen_bus::tell(const frame& frame) {
  const auto until_us = monotonic_now_us() + full_us_max;
  while (port_->send(frame) == bus::can::send_result::full && monotonic_now_us() < until_us)
    std::this_thread::sleep_for(std::chrono::microseconds(look_us));
}

canopen::node_census canopen_bus::take_census(const canopen::node_census::options& how) {
  forget_heard();
  canopen::node_census census(how, monotonic_now_us());
  messages::can::duty_pace pace(bitrate_, share_max);
  for (auto now_us = monotonic_now_us(); !census.is_over(now_us); now_us = monotonic_now_us()) {
    if (pace.may_send(now_us))
      if (const auto asked = census.next_frame(now_us)) {
        tell(*asked);
        pace.sent(*asked, now_us);
      }
    while (const auto said = receive(now_us + look_us)) census.receive(*said);
  }
  return census;
}

canopen::sdo_outcome canopen_bus::run(const transfer& what) {
  canopen::sdo_options options;
  options.timeout_us = what.timeout_us;
  canopen::sdo_client client(options);
  messages::can::duty_pace pace(bitrate_, share_max);
  const auto answers = canopen::cob_id({canopen::service::sdo_response, what.node});
  frame asked;
  asked.id = canopen::cob_id({canopen::service::sdo_request, what.node});
  asked.length = canopen::sdo_bytes;
  forget_heard();
  const auto begin_us = monotonic_now_us();
  if (what.data)
    client.download(what.of, *what.data, what.way, begin_us);
  else
    client.upload(what.of, what.way, begin_us);
  std::size_t sent = 0;
  auto shown_us = begin_us;
  const auto send_next = [&](std::int64_t now_us) {
    const auto next = client.next_frame(now_us);
    if (!next) return false;
    std::ranges::copy(*next, asked.data.begin());
    tell(asked);
    pace.sent(asked, now_us);
    sent += canopen::segment_bytes;
    if (what.progress && now_us - shown_us >= progress_us) {
      shown_us = now_us;
      what.progress(sent);
    }
    return true;
  };
  while (client.is_busy()) {
    const auto now_us = monotonic_now_us();
    if (pace.may_send(now_us)) static_cast<void>(send_next(now_us));
    if (const auto said = receive(now_us + look_us);
        said && said->id == answers && !said->extended && !said->remote)
      client.receive({said->data.data(), said->length}, monotonic_now_us());
    client.tick(monotonic_now_us());
  }
  // An abort of ours, or what ends blocks, is still to be said.
  static_cast<void>(send_next(monotonic_now_us()));
  return client.outcome().value_or(canopen::sdo_outcome{canopen::abort_code::general, {}});
}

std::optional<canopen::lss::answer> canopen_bus::ask_lss(std::span<const frame> frames,
                                                         canopen::lss::command answer,
                                                         std::int64_t timeout_us) {
  forget_heard();
  for (const auto& each : frames) tell(each);
  const auto slaves = canopen::cob_id({canopen::service::lss_response});
  const auto until_us = monotonic_now_us() + timeout_us;
  while (const auto said = receive(until_us)) {
    if (said->id != slaves || said->extended || said->remote) continue;
    const auto read = canopen::lss::read_answer({said->data.data(), said->length});
    if (read && read->to == answer) return read;
  }
  return std::nullopt;
}

canopen::lss::fast_scan canopen_bus::scan_fast(std::int64_t answer_us) {
  forget_heard();
  canopen::lss::fast_scan scan(answer_us);
  const auto slaves = canopen::cob_id({canopen::service::lss_response});
  while (!scan.is_over()) {
    const auto now_us = monotonic_now_us();
    if (const auto asked = scan.next_frame(now_us)) tell(*asked);
    if (const auto said = receive(now_us + look_us);
        said && said->id == slaves && !said->extended && !said->remote)
      scan.receive({said->data.data(), said->length});
  }
  return scan;
}

} // namespace voltaic::nodes::cli
