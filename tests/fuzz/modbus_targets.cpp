// Modbus: both sides of it, and what is around.
#include <algorithm>
#include <array>
#include <optional>
#include <variant>
#include <vector>

#include "fuzz/target.hpp"
#include "messages/modbus/frame.hpp"
#include "messages/modbus/pdu.hpp"
#include "messages/modbus/served_unit.hpp"

namespace voltaic::fuzz {
namespace {

using namespace messages::modbus;

/// Takes and gives anything, and checks that it is asked within the protocol's bounds.
class any_unit final : public served_unit {
 public:
  [[nodiscard]] std::optional<exception> read(table /*from*/, std::uint16_t address,
                                              std::span<std::uint16_t> values) override {
    check(address, values.size());
    std::ranges::fill(values, std::uint16_t{1});
    return std::nullopt;
  }
  [[nodiscard]] std::optional<exception> write(table to, std::uint16_t address,
                                               std::span<const std::uint16_t> values) override {
    check(address, values.size());
    if (to == table::coil)
      require(std::ranges::all_of(values, [](auto each) { return each <= 1; }), "a bit is 0 or 1");
    return address == 9 ? std::optional(exception::address) : std::nullopt;
  }

 private:
  static void check(std::uint16_t address, std::size_t count) {
    require(count > 0 && count <= messages::modbus::read_bits_max && address + count <= address_end,
            "a unit is asked within the protocol's bounds");
  }
};

void check_answer(const request& asked, bytes pdu) {
  const auto read = parse_answer(asked, pdu);
  if (!read) return require(!read.error().text.empty(), "an answer is refused with words");
  require(read->exception_code || read->values.size() == asked.count,
          "an answer has as many values as were asked for");
}

/// A request; behind its length in a byte, an answer to it.
void run_pdu(bytes input) {
  byte_source from(input);
  const auto asked = from.take(from.byte());
  any_unit unit;
  const auto answer = serve(unit, asked);
  require(!answer.empty() && answer.size() <= pdu_bytes_max, "an answer is one PDU");
  const auto parsed = parse_request(asked);
  const auto* sound = std::get_if<request>(&parsed);
  if (sound == nullptr) return;
  require(parse_request(encode(*sound)) == parsed, "a request that is written is read as it was");
  check_answer(*sound, answer);
  check_answer(*sound, from.take(input.size()));
}

void run_tcp(bytes input) {
  for (auto rest = input;;) {
    const auto parsed = parse_tcp(rest);
    if (parsed.state != framing::complete) {
      if (parsed.state == framing::incomplete)
        require(rest.size() < tcp_frame_bytes_max, "a frame comes whole some day");
      return;
    }
    require(parsed.bytes > 0 && parsed.bytes <= rest.size(), "a frame takes what is there");
    require(std::ranges::equal(encode_tcp(parsed.frame), rest.first(parsed.bytes)),
            "a frame that is written is as it came");
    rest = rest.subspan(parsed.bytes);
  }
}

void run_serial(bytes input) {
  (void)rtu_request_bytes(input);
  (void)rtu_answer_bytes(input);
  if (const auto frame = parse_rtu(input))
    require(std::ranges::equal(encode_rtu(*frame), input), "a frame that is written is as it came");
  if (const auto frame = parse_ascii(text_of(input)))
    require(parse_ascii(encode_ascii(*frame)) == frame, "a frame that is written is as it came");
  // The checksum that a mutation broke is mended: what lies behind it is the matter here.
  if (input.size() < rtu_overhead_bytes - 1 || input.size() > pdu_bytes_max) return;
  const rtu_frame mended{input[0], {input.begin() + 1, input.end()}};
  const auto again = parse_rtu(encode_rtu(mended));
  require(again == mended, "a frame that is written is read as it was");
  require(parse_ascii(encode_ascii(mended)) == mended, "an ASCII frame is read as it was");
}

constexpr std::array<target, 3> targets{
    {{"modbus_pdu", run_pdu}, {"modbus_tcp", run_tcp}, {"modbus_serial", run_serial}}};

} // namespace

std::span<const target> modbus_targets() {
  return targets;
}

} // namespace voltaic::fuzz
