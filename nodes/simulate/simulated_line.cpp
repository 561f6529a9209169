#include "nodes/simulate/simulated_line.hpp"

#include <fmt/format.h>

#include <utility>

#include "bus/modbus/line_options.hpp"

namespace voltaic::nodes::simulate {
using bus::modbus::outcome;

simulated_line::simulated_line(bus::modbus::line_options options, const end_maker& make_end,
                               std::int64_t now_us)
    : options_(std::move(options)), end_(make_end(options_)), schedule_(options_, now_us) {}

bool simulated_line::write(bus::modbus::write_request request) {
  if (writes_.size() >= options_.writes_max) return false;
  writes_.push_back(std::move(request));
  return true;
}

met simulated_line::counted(met done) {
  if (done.is_late) ++late_;
  return done;
}

simulated_line::told simulated_line::step(messages::instant now) {
  told out;
  const std::int64_t utc_offset_us = now.utc_us - now.monotonic_us;
  for (std::int64_t at_us = now.monotonic_us;;) {
    if (running_) {
      if (running_->done_us > now.monotonic_us) break;
      at_us = running_->done_us;
      finish(utc_offset_us, out);
    } else if (!begin(at_us, out)) {
      // After an exchange that ended before now, something may be due since.
      if (at_us == now.monotonic_us) break;
      at_us = now.monotonic_us;
    }
  }
  tick(now, out);
  return out;
}

void simulated_line::tick(messages::instant now, told& out) {
  if (options_.tick_ms == 0 || now.monotonic_us < next_tick_us_) return;
  next_tick_us_ = now.monotonic_us + options_.tick_ms * messages::us_per_ms;
  bus::modbus::poll time;
  time.now_us = now.monotonic_us;
  time.utc_offset_us = now.utc_us - now.monotonic_us;
  out.polls.push_back(std::move(time));
}

bool simulated_line::begin(std::int64_t at_us, told& out) {
  const auto turn = schedule_.next(writes_, at_us);
  if (turn.write) {
    const auto at = writes_.begin() + static_cast<std::ptrdiff_t>(*turn.write);
    const auto request = std::move(*at);
    writes_.erase(at);
    begin_write(request, at_us, out);
    return true;
  }
  if (!turn.read) return false;
  auto asked = counted(end_->read(turn.read->unit, turn.read->request));
  running_ = running{at_us + asked.took_us, *turn.read, std::move(asked.gave), {}};
  return true;
}

void simulated_line::begin_write(const bus::modbus::write_request& request, std::int64_t at_us,
                                 told& out) {
  const auto answer_unsent = [&](outcome why, std::string reason) {
    out.answers.push_back(
        {request.token, request.unit, why, false, 0, {}, at_us, std::move(reason)});
  };
  if (!bus::modbus::may_write(options_, request))
    answer_unsent(outcome::refused,
                  fmt::format("unit {} may not be written at {}", request.unit, request.address));
  else if (request.deadline_us != 0 && at_us >= request.deadline_us)
    answer_unsent(outcome::expired, "the deadline passed before it could be sent");
  else
    exchange_write(request, at_us);
}

// As on a real line it is sent once, and read back whatever came of it.
void simulated_line::exchange_write(const bus::modbus::write_request& request, std::int64_t at_us) {
  auto written = counted(end_->write(request));
  std::int64_t done_us = at_us + written.took_us;
  bus::modbus::write_answer answer{request.token,
                                   request.unit,
                                   written.gave.outcome,
                                   true,
                                   written.gave.exception_code,
                                   {},
                                   done_us,
                                   std::move(written.gave.reason)};
  schedule_.book_write(request.unit, written.gave.outcome, done_us);
  const auto back = end_->read_back_of(request);
  if (back && answer.outcome != outcome::exception) {
    auto held = counted(end_->read(request.unit, *back));
    done_us += held.took_us;
    schedule_.book_write(request.unit, held.gave.outcome, done_us);
    answer.read_back = std::move(held.gave.registers);
  }
  answer.time_us = done_us;
  running_ = running{done_us, std::nullopt, {}, std::move(answer)};
}

void simulated_line::finish(std::int64_t utc_offset_us, told& out) {
  auto done = *std::exchange(running_, std::nullopt);
  if (!done.read) {
    out.answers.push_back(std::move(done.answer));
    return;
  }
  auto round = schedule_.book(*done.read, std::move(done.gave), done.done_us);
  if (!round) return;
  round->utc_offset_us = utc_offset_us;
  out.polls.push_back(*std::move(round));
}

} // namespace voltaic::nodes::simulate
