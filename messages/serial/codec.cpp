#include <fmt/format.h>

#include <algorithm>

#include "messages/serial/body.hpp"

// Frames into bytes and back.
namespace voltaic::messages::serial {
namespace {

constexpr unsigned byte_bits = 8;

const std::vector<part>& parts_of(const framing& rules, direction which) {
  return which == direction::request ? rules.request : rules.answer;
}

std::uint16_t checksum_at(const framing& rules, std::span<const std::uint8_t> body,
                          std::span<const std::uint8_t> digits, std::size_t at) {
  const auto covered = covered_of(rules, body, digits, at);
  const std::span<const std::uint8_t> start = rules.checksum.over_start
                                                  ? std::span<const std::uint8_t>(rules.start)
                                                  : std::span<const std::uint8_t>();
  const auto value = checksum_of(rules.checksum.kind, start, covered);
  return rules.checksum.bytes == 1 ? value & 0xFFu : value;
}

void append(std::vector<std::uint8_t>& to, std::uint16_t value, std::uint8_t bytes,
            bool low_first) {
  const auto low = static_cast<std::uint8_t>(value);
  const auto high = static_cast<std::uint8_t>(value >> byte_bits);
  if (bytes == 1) {
    to.push_back(low);
    return;
  }
  to.push_back(low_first ? low : high);
  to.push_back(low_first ? high : low);
}

std::uint16_t number_of(std::span<const std::uint8_t> bytes, bool low_first) {
  if (bytes.size() == 1) return bytes[0];
  const unsigned high = bytes[low_first ? 1 : 0];
  return static_cast<std::uint16_t>(high << byte_bits | bytes[low_first ? 0 : 1]);
}

/// Reads the parts of a body one after the other.
class body_reader {
 public:
  /// `digits` are those that the body came as, if it did.
  body_reader(const framing& rules, std::span<const std::uint8_t> body,
              std::span<const std::uint8_t> digits)
      : rules_(rules), body_(body), digits_(digits) {}

  /// Empty while the parts are what they should be.
  std::optional<broken_frame> read(const std::vector<part>& parts) {
    std::size_t fixed = 0; // bytes of all parts but the data
    for (const auto& each : parts)
      if (each.kind != part_kind::data) fixed += bytes_of(rules_, each.kind);
    if (body_.size() < fixed) return broken_frame{"it is too short", true};
    data_bytes_ = body_.size() - fixed;
    for (const auto& each : parts)
      if (auto wrong = take(each)) return wrong;
    return foreign_;
  }

  frame said;

 private:
  std::optional<broken_frame> take(const part& each) {
    const std::size_t count =
        each.kind == part_kind::data ? data_bytes_ : bytes_of(rules_, each.kind);
    const auto bytes = body_.subspan(at_, count);
    const std::size_t here = at_;
    at_ += count;
    switch (each.kind) {
      case part_kind::constant:
        // It may be damaged as well: that is judged by its checksum.
        if (bytes[0] != each.value && !foreign_)
          foreign_ = broken_frame{
              fmt::format("byte {} is {:02X} and not {:02X}", here, bytes[0], each.value), false};
        return std::nullopt;
      case part_kind::address:
        said.address = bytes[0];
        return std::nullopt;
      case part_kind::code:
        said.code = bytes[0];
        return std::nullopt;
      case part_kind::result:
        said.result = bytes[0];
        return std::nullopt;
      case part_kind::length:
        return check_length(number_of(bytes, rules_.length.low_byte_first));
      case part_kind::data:
        said.data.assign(bytes.begin(), bytes.end());
        return std::nullopt;
      case part_kind::checksum:
        if (number_of(bytes, rules_.checksum.low_byte_first) ==
            checksum_at(rules_, body_, digits_, here))
          return std::nullopt;
        return broken_frame{"its checksum is wrong", true};
    }
    return std::nullopt;
  }

  std::optional<broken_frame> check_length(std::uint16_t value) const {
    const auto stated = data_bytes_of(rules_, value);
    if (stated && *stated == data_bytes_) return std::nullopt;
    return broken_frame{"its length is not what it says", true};
  }

  const framing& rules_;
  std::span<const std::uint8_t> body_;
  std::span<const std::uint8_t> digits_;
  std::size_t at_ = 0;
  std::size_t data_bytes_ = 0;
  std::optional<broken_frame> foreign_;
};

} // namespace

std::vector<std::uint8_t> encode(const framing& rules, direction which, const frame& said) {
  std::vector<std::uint8_t> body;
  for (const auto& each : parts_of(rules, which)) {
    switch (each.kind) {
      case part_kind::constant:
        body.push_back(each.value);
        break;
      case part_kind::address:
        body.push_back(said.address.value_or(0));
        break;
      case part_kind::code:
        body.push_back(said.code.value_or(0));
        break;
      case part_kind::result:
        body.push_back(said.result.value_or(0));
        break;
      case part_kind::length:
        append(body, length_of(rules, said.data.size()), rules.length.bytes,
               rules.length.low_byte_first);
        break;
      case part_kind::data:
        body.insert(body.end(), said.data.begin(), said.data.end());
        break;
      case part_kind::checksum:
        append(body, checksum_at(rules, body, digits_of(body), body.size()), rules.checksum.bytes,
               rules.checksum.low_byte_first);
        break;
    }
  }
  std::vector<std::uint8_t> result = rules.start;
  const auto text = rules.text == text_form::hex ? digits_of(body) : std::move(body);
  result.insert(result.end(), text.begin(), text.end());
  result.insert(result.end(), rules.end.begin(), rules.end.end());
  return result;
}

std::variant<frame, broken_frame> parse_body(const framing& rules, direction which,
                                             std::span<const std::uint8_t> body) {
  std::vector<std::uint8_t> decoded;
  const auto digits = body;
  if (rules.text == text_form::hex) {
    if (body.size() % 2 != 0) return broken_frame{"half a byte is missing", true};
    decoded.reserve(body.size() / 2);
    for (std::size_t i = 0; i < body.size(); i += 2) {
      const auto high = digit_value(body[i]);
      const auto low = digit_value(body[i + 1]);
      if (!high || !low) return broken_frame{"a byte of it is no hexadecimal digit", true};
      decoded.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
    }
    body = decoded;
  }
  if (body.size() > data_bytes_max + parts_max) return broken_frame{"it is too long", true};
  body_reader reader(rules, body, digits);
  if (auto wrong = reader.read(parts_of(rules, which))) return *std::move(wrong);
  return std::move(reader.said);
}

} // namespace voltaic::messages::serial
