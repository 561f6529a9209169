#include "actors/modbus_device/line_answers.hpp"

#include <fmt/format.h>

namespace voltaic::actors::modbus_device {

std::string reason_of(const bus::modbus::read_answer& answer) {
  if (answer.outcome != bus::modbus::outcome::exception) return answer.reason;
  const auto code = answer.exception_code;
  const auto* whose = code >= 0x01 && code <= 0x03 ? "profile error"
                      : code == 0x04               ? "device warning"
                                                   : "device not ready";
  return fmt::format("{}: {} for {} registers at {}", whose, answer.reason, answer.request.count,
                     answer.request.address);
}

read_result as_read_result(const bus::modbus::read_answer& answer, std::string_view reason) {
  using bus::modbus::outcome;
  read_result result;
  if (answer.outcome == outcome::done) result.what = read_result::kind::done;
  if (answer.outcome == outcome::exception) result.what = read_result::kind::exception;
  result.exception_code = answer.exception_code;
  result.registers = answer.registers;
  result.time_us = answer.time_us;
  result.reason = reason;
  return result;
}

write_result as_write_result(const bus::modbus::write_answer& answer) {
  using bus::modbus::outcome;
  write_result result;
  result.exception_code = answer.exception_code;
  result.read_back = answer.read_back;
  result.reason = answer.reason;
  if (answer.outcome == outcome::expired)
    result.what = write_result::kind::expired;
  else if (!answer.sent)
    result.what = write_result::kind::unsent;
  else if (answer.outcome == outcome::done)
    result.what = write_result::kind::done;
  else if (answer.outcome == outcome::exception)
    result.what = write_result::kind::exception;
  return result;
}

} // namespace voltaic::actors::modbus_device
