#include "messages/modbus/service_pdu.hpp"

#include <fmt/format.h>

#include "messages/modbus/pdu.hpp"

namespace voltaic::messages::modbus {
namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t mei_identification = 0x0E;
constexpr std::uint8_t file_reference = 6; ///< the only type of reference that there is
constexpr std::uint16_t record_max = 9'999;

void put(bytes& to, std::size_t word) {
  to.push_back(static_cast<std::uint8_t>(word >> 8));
  to.push_back(static_cast<std::uint8_t>(word));
}

void put_records(bytes& to, const service_request& asked) {
  const auto length_at = to.size();
  to.push_back(0);
  for (const auto& each : asked.records) {
    to.push_back(file_reference);
    put(to, each.file);
    put(to, each.record);
    put(to, asked.asked == service::write_file ? each.words.size() : each.count);
    if (asked.asked == service::write_file)
      for (const auto word : each.words) put(to, word);
  }
  to[length_at] = static_cast<std::uint8_t>(to.size() - length_at - 1);
}

} // namespace

expected<bytes> encode(const service_request& asked) {
  for (const auto& each : asked.records)
    if (each.record > record_max)
      return failure{
          fmt::format("a file has no record {}, {} is the last", each.record, record_max)};
  bytes made{static_cast<std::uint8_t>(asked.asked)};
  switch (asked.asked) {
    case service::exception_status:
    case service::event_counter:
    case service::event_log:
    case service::server_id:
      break;
    case service::diagnostics:
      put(made, asked.address);
      for (const auto word : asked.words) put(made, word);
      break;
    case service::read_fifo:
      put(made, asked.address);
      break;
    case service::read_file:
    case service::write_file:
      put_records(made, asked);
      break;
    case service::identification:
      made.insert(made.end(), {mei_identification, asked.level, asked.object});
      break;
  }
  if (made.size() > pdu_bytes_max)
    return failure{fmt::format("a request of {} bytes, Modbus has {}", made.size(), pdu_bytes_max)};
  return made;
}

} // namespace voltaic::messages::modbus
