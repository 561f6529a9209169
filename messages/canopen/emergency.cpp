#include "messages/canopen/emergency.hpp"

#include <algorithm>

#include "messages/canopen/identifiers.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::size_t emergency_bytes = 8;
constexpr std::size_t manufacturer_at = 3;

/// Codes that agree in the bits of `mask`.
struct code_words {
  std::uint16_t code = 0;
  std::uint16_t mask = 0;
  std::string_view text;
};

constexpr std::array classes = {
    code_words{0x0000, 0xFF00, "error reset or no error"},
    code_words{0x1000, 0xFF00, "generic error"},
    code_words{0x2000, 0xF000, "current"},
    code_words{0x3000, 0xF000, "voltage"},
    code_words{0x4000, 0xF000, "temperature"},
    code_words{0x5000, 0xFF00, "device hardware"},
    code_words{0x6000, 0xF000, "device software"},
    code_words{0x7000, 0xFF00, "additional modules"},
    code_words{0x8000, 0xF000, "monitoring"},
    code_words{0x9000, 0xFF00, "external error"},
    code_words{0xF000, 0xFF00, "additional functions"},
    code_words{0xFF00, 0xFF00, "device specific"},
};

constexpr std::array details = {
    code_words{0x2100, 0xFF00, "current, device input side"},
    code_words{0x2200, 0xFF00, "current inside the device"},
    code_words{0x2300, 0xFF00, "current, device output side"},
    code_words{0x3100, 0xFF00, "mains voltage"},
    code_words{0x3200, 0xFF00, "voltage inside the device"},
    code_words{0x3300, 0xFF00, "output voltage"},
    code_words{0x4100, 0xFF00, "ambient temperature"},
    code_words{0x4200, 0xFF00, "device temperature"},
    code_words{0x6100, 0xFF00, "internal software"},
    code_words{0x6200, 0xFF00, "user software"},
    code_words{0x6300, 0xFF00, "data set"},
    code_words{0x8110, 0xFFFF, "CAN overrun"},
    code_words{0x8120, 0xFFFF, "CAN in error passive mode"},
    code_words{0x8130, 0xFFFF, "heartbeat or guarding failed"},
    code_words{0x8140, 0xFFFF, "recovered from bus-off"},
    code_words{0x8150, 0xFFFF, "CAN identifier collision"},
    code_words{0x8210, 0xFFFF, "PDO not processed, too short"},
    code_words{0x8220, 0xFFFF, "PDO length exceeded"},
    code_words{0x8230, 0xFFFF, "DAM MPDO not processed"},
    code_words{0x8240, 0xFFFF, "unexpected SYNC length"},
    code_words{0x8250, 0xFFFF, "RPDO timeout"},
};

constexpr std::array<std::string_view, 8> register_bits = {
    "generic",       "current",        "voltage",  "temperature",
    "communication", "device profile", "reserved", "manufacturer",
};

template <class Rows>
std::string_view find_text(const Rows& rows, std::uint16_t code) {
  for (const auto& each : rows)
    if ((code & each.mask) == each.code) return each.text;
  return {};
}

} // namespace

std::string_view emergency_class(std::uint16_t code) {
  return find_text(classes, code);
}

std::string_view emergency_detail(std::uint16_t code) {
  return find_text(details, code);
}

std::string error_register_text(std::uint8_t bits) {
  std::string text;
  for (std::size_t i = 0; i < register_bits.size(); ++i) {
    if ((bits >> i & 1) == 0) continue;
    if (!text.empty()) text += ", ";
    text += register_bits[i];
  }
  return text;
}

std::optional<emergency> read_emergency(std::span<const std::uint8_t> payload) {
  if (payload.size() != emergency_bytes) return std::nullopt;
  emergency said;
  said.code = static_cast<std::uint16_t>(get_number(payload.first(2)));
  said.error_register = payload[2];
  std::ranges::copy(payload.subspan(manufacturer_at), said.manufacturer.begin());
  return said;
}

can::frame make_emergency(std::uint8_t node, const emergency& said) {
  can::frame made;
  made.id = cob_id({service::emergency, node});
  made.length = emergency_bytes;
  put_number({made.data.data(), 2}, said.code);
  made.data[2] = said.error_register;
  std::ranges::copy(said.manufacturer, made.data.begin() + manufacturer_at);
  return made;
}

void standing_errors::take(const emergency& said) {
  ++messages_;
  if (is_reset(said)) {
    all_.clear();
    beyond_ = 0;
    return;
  }
  const auto same = [&](const emergency& one) {
    return one.code == said.code && one.manufacturer == said.manufacturer;
  };
  if (std::ranges::any_of(all_, same)) return;
  if (all_.size() < errors_max) {
    all_.push_back(said);
  } else {
    ++beyond_;
  }
}

} // namespace voltaic::messages::canopen
