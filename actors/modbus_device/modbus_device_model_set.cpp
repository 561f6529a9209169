#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "actors/modbus_device/modbus_device_model.hpp"
#include "messages/points/catalogue.hpp"

// Set commands: refused before, or judged by what the device holds afterwards.
namespace voltaic::actors::modbus_device {
namespace {

using messages::failure;
using messages::outcome;

/// Exceptions by which the device says that it did nothing: illegal function,
/// address or value, busy, and a gateway without a path. After others (failure,
/// acknowledge, gateway without an answer) it may have acted.
bool did_nothing(std::uint8_t exception_code) {
  constexpr std::uint8_t codes[] = {0x01, 0x02, 0x03, 0x06, 0x0A};
  return std::find(std::begin(codes), std::end(codes), exception_code) != std::end(codes);
}

} // namespace

messages::expected<set_plan> model::plan_set(const messages::command& asked) const {
  const bool is_beat = asked.operation == beat_operation;
  if (!is_beat && asked.operation != "set")
    return failure{fmt::format("a device on a line knows set, not {}", asked.operation)};
  std::string_view name = asked.point;
  if (name.starts_with(options_.name + "/")) name.remove_prefix(options_.name.size() + 1);
  const auto position = plan_->find_set(name);
  if (!position) return failure{fmt::format("{} cannot be set", asked.point)};
  const auto purpose = plan_->commands()[*position].purpose;
  if (is_beat != (purpose == messages::profiles::command_purpose::heartbeat))
    return failure{asked.point + (is_beat ? " is no heartbeat" : " is a heartbeat, and not set")};
  if (asked.index != 0) return failure{fmt::format("{} has no index {}", asked.point, asked.index)};
  const auto* value = std::get_if<double>(&asked.value);
  if (value == nullptr) return failure{fmt::format("{} takes a number", asked.point)};
  return plan_value(*position, *value);
}

messages::expected<set_plan> model::plan_value(std::uint16_t command, double value) const {
  auto encoded = plan_->encode_set(command, value);
  if (!encoded) return encoded.error();
  return set_plan{command, *std::move(encoded),
                  messages::points::number_text(value, plan_->commands()[command].decimals)};
}

messages::result model::judge(const messages::command& asked, const set_plan& planned,
                              const write_result& written) const {
  messages::result made;
  made.id = asked.id;
  made.key = asked.key;
  made.reply_to = asked.reply_to;
  made.point = asked.point;
  made.requested = planned.requested;
  if (!written.reason.empty()) made.reasons.emplace_back(written.reason);
  switch (written.what) {
    case write_result::kind::unsent:
      made.outcome = outcome::rejected;
      break;
    case write_result::kind::expired:
      made.outcome = outcome::expired;
      break;
    case write_result::kind::exception:
      made.outcome = did_nothing(written.exception_code) ? outcome::rejected : outcome::unknown;
      break;
    case write_result::kind::done:
    case write_result::kind::unknown:
      judge_by_read_back(planned, written, made);
      break;
  }
  return made;
}

std::optional<messages::telemetry> model::take_read_back(const set_plan& planned,
                                                         std::span<const std::uint16_t> held,
                                                         std::int64_t time_us) {
  // The rest of such an answer is as old as it was: only this point is known anew.
  const auto point = plan_->commands()[planned.command].read_back;
  for (const auto& shown : plan_->shown_by(planned.command, planned.write, held, last_registers_)) {
    if (!plan_->apply(shown.read, shown.words, samples_)) continue;
    take_samples(shown.read, shown.words, point);
    mark(shown.read, time_us, point);
  }
  return say();
}

void model::judge_by_read_back(const set_plan& planned, const write_result& written,
                               messages::result& made) const {
  made.outcome = outcome::unknown;
  const auto& command = plan_->commands()[planned.command];
  const auto held = plan_->read_back(planned.command, written.read_back);
  const auto wanted = plan_->wanted(planned.command, planned.write);
  if (!held || !wanted) {
    made.reasons.emplace_back("the device could not be read back");
    return;
  }
  made.read_back = messages::points::number_text(*held, command.decimals);
  // Written so that a value that is no number is not equal.
  if (std::abs(*held - *wanted) <= command.resolution / 2) {
    made.outcome = outcome::done;
  } else if (written.what == write_result::kind::done) {
    made.outcome = outcome::rejected;
    made.reasons.emplace_back("the device holds another value");
  } else {
    made.reasons.emplace_back("the device holds another value and may still act");
  }
}

} // namespace voltaic::actors::modbus_device
