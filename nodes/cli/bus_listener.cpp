#include "nodes/cli/bus_listener.hpp"

#include <utility>

#include "messages/time.hpp"

namespace voltaic::nodes::cli {
namespace {

double seconds(std::int64_t us) {
  return static_cast<double>(us) / static_cast<double>(messages::us_per_s);
}

} // namespace

messages::expected<std::unique_ptr<bus_listener>> bus_listener::start(
    bus::can::port_options options) {
  options.read_only = true;
  options.listens_to.clear();
  options.known.clear();
  // A port of an interface asks `voltaic canctl` for restarts by a socket there; this one only
  // looks.
  if (options.uri.starts_with("socketcan:")) options.runtime_folder.clear();
  std::unique_ptr<bus_listener> made(new bus_listener(options));
  auto opened = bus::can::open_port(
      options, [into = made.get()](bus::can::batch&& said) { into->accept(said); });
  if (!opened) return opened.error();
  made->port_ = *std::move(opened);
  return made;
}

void bus_listener::accept(const bus::can::batch& said) {
  const std::lock_guard lock(mutex_);
  now_us_ = said.now_us;
  for (const auto& frame : said.frames) {
    if (table_.frames() + table_.errors() == 0) first_us_ = frame.time_us;
    if (table_.take(frame)) arrivals_.push_back({seconds(frame.time_us - first_us_), frame});
  }
}

view::traffic_picture bus_listener::look(frame_words& by) const {
  const auto read = port_->read_statistics();
  view::traffic_picture result;
  result.bus = bus_;
  result.uri = uri_;
  result.state = to_text(read.state);
  result.load_percent = read.load_percent;
  result.lost = read.rx_overflow;
  const std::lock_guard lock(mutex_);
  result.frames = table_.frames();
  result.errors = read.errors + table_.errors();
  result.last_error = read.last_error;
  result.left_out = table_.left_out();
  if (result.frames > 0) result.seconds = seconds(now_us_ - first_us_);
  for (const auto& [key, row] : table_.rows()) {
    auto meaning = by.read(row.last);
    result.entries.push_back(
        {key, row, meaning.is_known, std::move(meaning.message), std::move(meaning.values)});
  }
  return result;
}

std::vector<bus_listener::arrival> bus_listener::arrivals() {
  const std::lock_guard lock(mutex_);
  return std::exchange(arrivals_, {});
}

bool bus_listener::connected() const {
  const auto read = port_->read_statistics();
  if (read.state != bus::can::controller_state::down) return true;
  // A recording is down with its last frames, which may still be on their way here.
  return uri_.starts_with("replay:") && frames() < read.rx;
}

std::uint64_t bus_listener::frames() const {
  const std::lock_guard lock(mutex_);
  return table_.frames() + table_.errors();
}

} // namespace voltaic::nodes::cli
