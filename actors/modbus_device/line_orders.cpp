#include "actors/modbus_device/line_orders.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

#include "messages/profiles/order_renewal.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::modbus_device {
namespace {

constexpr auto no_hold_us = std::numeric_limits<std::int64_t>::min();

} // namespace

line_orders::line_orders(const messages::profiles::poll_plan& plan,
                         const messages::profiles::lease& lease, std::uint8_t unit, writer write)
    : plan_(plan),
      renewal_us_(messages::profiles::line_order_renewal_ms_of(lease) * messages::us_per_ms),
      unit_(unit),
      write_(std::move(write)),
      pace_(renewal_us_, plan_.order_counts_frames()),
      hold_until_us_(no_hold_us) {}

bool line_orders::is_due(const runtime::timed_order& given, std::int64_t present_us) const {
  if (waiting_ && !runtime::differs(waiting_->given.order, given.order)) return false;
  const bool is_held = given.time_us < hold_until_us_ && !pace_.is_change(given.order);
  return !is_held && pace_.is_due(given, present_us);
}

bool line_orders::obey(const runtime::timed_order& given, std::int64_t present_us,
                       std::uint64_t token) {
  if (!plan_.has_order()) return false;
  const auto answer_max_us = messages::profiles::line_orders_per_lease * renewal_us_;
  if (waiting_ && given.time_us - waiting_->given.time_us >= answer_max_us)
    count_loss(given.time_us);
  if (!is_due(given, present_us)) return false;
  const auto made = plan_.encode_order(pace_.counted(given.order));
  if (!made) throw std::runtime_error(made.error().text);
  const auto deadline_us =
      runtime::keeps_closed(given.order) ? given.time_us + runtime::order_age_max_us : 0;
  if (!write_({token, unit_, made->address, made->registers, deadline_us})) return false;
  pace_.sent(given);
  waiting_ = waiting_order{token, given};
  return true;
}

void line_orders::count_loss(std::int64_t time_us) {
  const auto probe_us =
      runtime::keeps_closed(waiting_->given.order) ? order_probe_us : open_probe_us;
  waiting_.reset();
  if (losses_ < order_losses_max) ++losses_;
  pace_.lost();
  hold_until_us_ = time_us + (losses_ < order_losses_max ? renewal_us_ : probe_us);
}

void line_orders::give_back(bool is_worthless, std::int64_t time_us) {
  waiting_.reset();
  pace_.lost();
  // The line had no time for it, or is down: then there is no hurry.
  hold_until_us_ = is_worthless ? no_hold_us : time_us + renewal_us_;
}

bool line_orders::take(const bus::modbus::write_answer& answer) {
  if (!waiting_ || waiting_->token != answer.token) return false;
  if (!answer.sent) {
    give_back(answer.outcome == bus::modbus::outcome::expired, answer.time_us);
    return true;
  }
  if (answer.outcome != bus::modbus::outcome::done) {
    count_loss(answer.time_us);
    return true;
  }
  losses_ = 0;
  hold_until_us_ = no_hold_us;
  waiting_.reset();
  return true;
}

} // namespace voltaic::actors::modbus_device
