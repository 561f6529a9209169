#include "messages/canopen/synchronisation.hpp"

#include "messages/canopen/identifiers.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint8_t counter_max = 240; // CiA 301, 7.5.2.22
constexpr std::size_t time_bytes = 6;
constexpr std::size_t milliseconds_bytes = 4;
constexpr std::uint64_t milliseconds_mask = 0x0FFF'FFFF; // 28 bits
constexpr std::int64_t milliseconds_a_day = 86'400'000;
constexpr std::int64_t days_max = 65'535;

} // namespace

std::optional<sync_said> read_sync(std::span<const std::uint8_t> payload) {
  if (payload.empty()) return sync_said{};
  if (payload.size() > 1 || payload[0] == 0 || payload[0] > counter_max) return std::nullopt;
  return sync_said{payload[0]};
}

can::frame make_sync(std::optional<std::uint8_t> counter) {
  can::frame made;
  made.id = cob_id({service::sync});
  if (!counter) return made;
  made.length = 1;
  made.data[0] = *counter;
  return made;
}

std::uint8_t next_sync_counter(std::uint8_t last, std::uint8_t overflow) {
  return last >= overflow ? std::uint8_t{1} : static_cast<std::uint8_t>(last + 1);
}

std::optional<std::int64_t> read_time(std::span<const std::uint8_t> payload) {
  if (payload.size() != time_bytes) return std::nullopt;
  const auto milliseconds =
      static_cast<std::int64_t>(get_number(payload.first(milliseconds_bytes)) & milliseconds_mask);
  if (milliseconds >= milliseconds_a_day) return std::nullopt;
  const auto days = static_cast<std::int64_t>(get_number(payload.subspan(milliseconds_bytes)));
  return time_of_day_epoch_s * 1'000'000 + (days * milliseconds_a_day + milliseconds) * 1'000;
}

std::optional<can::frame> make_time(std::int64_t utc_us) {
  const auto since_us = utc_us - time_of_day_epoch_s * 1'000'000;
  const auto days = since_us / 1'000 / milliseconds_a_day;
  if (since_us < 0 || days > days_max) return std::nullopt;
  can::frame made;
  made.id = cob_id({service::time});
  made.length = time_bytes;
  const std::span<std::uint8_t> data(made.data.data(), time_bytes);
  put_number(data.first(milliseconds_bytes),
             static_cast<std::uint64_t>(since_us / 1'000 % milliseconds_a_day));
  put_number(data.subspan(milliseconds_bytes), static_cast<std::uint64_t>(days));
  return made;
}

} // namespace voltaic::messages::canopen
