#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bus/modbus/schedule.hpp"
#include "messages/serial/dialect.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::bus::serial {

/// One question to a device of plain RS-485 and what comes over the line since. What is no answer
/// to it is passed over: the adapter's echo, what others say, what another master asks. Pure.
class conversation {
 public:
  /// `spoken` is kept, not copied.
  conversation(std::uint8_t unit, const messages::serial::dialect& spoken,
               messages::serial::frame asked);

  /// What goes over the wire.
  [[nodiscard]] const std::vector<std::uint8_t>& request() const { return request_; }
  /// These bytes came. The exchange, once it is over.
  [[nodiscard]] std::optional<modbus::exchange> take(std::span<const std::uint8_t> bytes);
  /// Nothing more comes in time: what became of it.
  [[nodiscard]] modbus::exchange give_up();

  /// A frame has begun, and its end is missing.
  [[nodiscard]] bool is_within_frame() const { return echoed_ > 0 || receiver_.is_within_frame(); }
  /// Frames so far that nobody had asked for.
  [[nodiscard]] std::uint64_t strays() const { return strays_; }

 private:
  /// Of what comes first, what is behind the adapter's echo.
  [[nodiscard]] std::span<const std::uint8_t> behind_echo(std::span<const std::uint8_t> bytes);
  [[nodiscard]] std::optional<modbus::exchange> judge(
      std::optional<messages::serial::receiver::found> found);
  [[nodiscard]] std::optional<modbus::exchange> judge(const messages::serial::frame& said);
  [[nodiscard]] bool is_request(const std::vector<std::uint8_t>& bytes) const;

  std::uint8_t unit_;
  const messages::serial::dialect& spoken_;
  messages::serial::frame asked_;
  std::vector<std::uint8_t> request_;
  messages::serial::receiver receiver_;
  bool may_echo_ = true;   ///< nothing else came yet
  std::size_t echoed_ = 0; ///< bytes of the request that came back, held until they are an echo
  modbus::exchange worst_{modbus::outcome::timeout, 0, {}, "no answer in time", false};
  std::uint64_t strays_ = 0;
};

/// What a reading asks: `request.address` is the question's position in the dialect.
[[nodiscard]] messages::serial::frame frame_of(const messages::serial::dialect& spoken,
                                               std::uint8_t unit,
                                               const modbus::read_request& request);
/// What a writing orders: `request.address` is the setting's position, each register one byte.
[[nodiscard]] messages::serial::frame frame_of(const messages::serial::dialect& spoken,
                                               const modbus::write_request& request);
/// The question whose answer shows what became of it; of some, none does.
[[nodiscard]] std::optional<modbus::read_request> read_back_of(
    const messages::serial::dialect& spoken, const modbus::write_request& request);
/// How long so many bytes take on the wire, in milliseconds.
[[nodiscard]] std::int64_t wire_ms(std::size_t bytes, std::uint32_t baud);
/// How the unit is spoken to; the line's options have a unit of this number with a dialect.
[[nodiscard]] const messages::serial::dialect& dialect_of(const modbus::line_options& options,
                                                          std::uint8_t unit);

/// What an adapter may hold back of a frame that has begun.
inline constexpr int frame_slack_ms = 100;

} // namespace voltaic::bus::serial
