#include "bus/can/logs/capture.hpp"

#include <algorithm>
#include <utility>

#include "messages/can/logs/candump.hpp"

namespace voltaic::bus::can {

messages::expected<std::unique_ptr<capture>> capture::start(const port_options& options,
                                                            std::size_t queue_max) {
  std::unique_ptr<capture> made(new capture(options, queue_max));
  auto opened =
      open_port(options, [into = made.get()](batch&& said) { into->accept(std::move(said)); });
  if (!opened) return opened.error();
  made->port_ = *std::move(opened);
  return made;
}

void capture::accept(batch&& said) {
  const std::lock_guard lock(mutex_);
  for (auto& frame : said.frames) {
    if (queue_.size() >= queue_max_) {
      ++refused_;
      continue;
    }
    frame.time_us += said.utc_offset_us;
    queue_.push_back(frame);
  }
}

void capture::take(std::string& lines) {
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    std::swap(queue_, taken_);
    lost = std::exchange(refused_, 0);
  }
  for (const auto& frame : taken_)
    messages::can::write_candump_log(lines, frame, interface_, frame.time_us);
  counts_.frames += taken_.size();
  taken_.clear();
  const auto overflow = port_->read_statistics().rx_overflow;
  lost += overflow - std::min(overflow, std::exchange(overflow_, overflow));
  if (lost == 0) return;
  counts_.lost += lost;
  messages::can::write_candump_loss(lines, interface_, lost, counts_.lost);
}

bool capture::connected() const {
  return port_->read_statistics().state != controller_state::down;
}

} // namespace voltaic::bus::can
