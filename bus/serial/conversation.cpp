#include "bus/serial/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace voltaic::bus::serial {
namespace {

namespace wire = messages::serial;
using modbus::exchange;
using modbus::outcome;

constexpr std::int64_t bits_per_byte = 11;

} // namespace

conversation::conversation(std::uint8_t unit, const wire::dialect& spoken, wire::frame asked)
    : unit_(unit),
      spoken_(spoken),
      asked_(std::move(asked)),
      request_(wire::encode(spoken.framing, wire::direction::request, asked_)),
      receiver_(spoken.framing, wire::direction::answer) {}

// By its bytes: a request need not be a frame that an answer could be.
std::span<const std::uint8_t> conversation::behind_echo(std::span<const std::uint8_t> bytes) {
  while (may_echo_ && !bytes.empty() && bytes.front() == request_[echoed_]) {
    bytes = bytes.subspan(1);
    if (++echoed_ < request_.size()) continue;
    may_echo_ = false;
    echoed_ = 0;
  }
  if (may_echo_ && bytes.empty()) return bytes;
  // It only began like one.
  may_echo_ = false;
  receiver_.push(std::span(request_).first(std::exchange(echoed_, 0)));
  return bytes;
}

std::optional<exchange> conversation::take(std::span<const std::uint8_t> bytes) {
  receiver_.push(behind_echo(bytes));
  return judge(receiver_.next());
}

exchange conversation::give_up() {
  receiver_.push(std::span(request_).first(std::exchange(echoed_, 0)));
  const bool is_cut = receiver_.is_within_frame();
  if (auto done = judge(receiver_.next_after_silence())) return *std::move(done);
  if (is_cut && worst_.outcome == outcome::timeout)
    return {outcome::bad_answer, 0, {}, "the answer ended too soon", true};
  return worst_;
}

// What all frames that came so far are.
std::optional<exchange> conversation::judge(std::optional<wire::receiver::found> found) {
  for (; found; found = receiver_.next()) {
    if (const auto* broken = std::get_if<wire::broken_frame>(&*found)) {
      if (!broken->is_damaged) ++strays_;
      worst_ = {outcome::bad_answer,
                0,
                {},
                "the answer is broken: " + broken->reason,
                broken->is_damaged};
      continue;
    }
    if (auto done = judge(std::get<wire::frame>(*found))) return done;
  }
  return std::nullopt;
}

std::optional<exchange> conversation::judge(const wire::frame& said) {
  const auto& rules = spoken_.framing;
  const auto bytes = wire::encode(rules, wire::direction::answer, said);
  if (bytes == request_) return std::nullopt; // the adapter's echo
  std::string foreign;
  if (said.address && *said.address != unit_)
    foreign = fmt::format("address {} answered", *said.address);
  else if (said.code && *said.code != asked_.code)
    foreign = fmt::format("{:02X} was answered and not {:02X}", *said.code, *asked_.code);
  else if (is_request(bytes))
    foreign = "another master asks on this line";
  if (!foreign.empty()) {
    ++strays_;
    worst_ = {outcome::bad_answer, 0, {}, std::move(foreign), false};
    return std::nullopt;
  }
  if (said.result && *said.result != rules.good_result)
    return exchange{outcome::exception,
                    *said.result,
                    {},
                    fmt::format("the device refuses with {:02X}", *said.result)};
  return exchange{outcome::done, 0, {said.data.begin(), said.data.end()}, ""};
}

bool conversation::is_request(const std::vector<std::uint8_t>& bytes) const {
  return std::ranges::any_of(spoken_.questions, [&](const wire::ask& each) {
    return bytes ==
           wire::encode(spoken_.framing, wire::direction::request, wire::fill(each, unit_));
  });
}

wire::frame frame_of(const wire::dialect& spoken, std::uint8_t unit,
                     const modbus::read_request& request) {
  assert(request.address < spoken.questions.size());
  return wire::fill(spoken.questions[request.address], unit);
}

wire::frame frame_of(const wire::dialect& spoken, const modbus::write_request& request) {
  assert(request.address < spoken.settings.size());
  std::vector<std::uint8_t> value;
  for (const auto word : request.registers) value.push_back(static_cast<std::uint8_t>(word));
  return wire::fill(spoken.settings[request.address].order, request.unit, value);
}

std::optional<modbus::read_request> read_back_of(const wire::dialect& spoken,
                                                 const modbus::write_request& request) {
  const auto question = spoken.settings[request.address].read_back;
  if (!question) return std::nullopt;
  return modbus::read_request{modbus::table::holding, *question, 1};
}

std::int64_t wire_ms(std::size_t bytes, std::uint32_t baud) {
  return static_cast<std::int64_t>(bytes) * bits_per_byte * 1'000 / baud;
}

const wire::dialect& dialect_of(const modbus::line_options& options, std::uint8_t unit) {
  const auto found = std::ranges::find(options.units, unit, &modbus::unit_plan::unit);
  assert(found != options.units.end() && found->dialect != nullptr);
  return *found->dialect;
}

} // namespace voltaic::bus::serial
