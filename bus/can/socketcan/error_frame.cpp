#include "bus/can/socketcan/error_frame.hpp"

#include <fmt/format.h>
#include <linux/can/error.h>

#include <array>
#include <string_view>

namespace voltaic::bus::can {
namespace {

using messages::can::frame;

struct flag_words {
  std::uint32_t flag;
  std::string_view words;
};

constexpr std::array controller_words{
    flag_words{CAN_ERR_CRTL_RX_OVERFLOW, "receive overflow"},
    flag_words{CAN_ERR_CRTL_TX_OVERFLOW, "transmit overflow"},
    flag_words{CAN_ERR_CRTL_RX_WARNING, "bus-warn, receiving"},
    flag_words{CAN_ERR_CRTL_TX_WARNING, "bus-warn, sending"},
    flag_words{CAN_ERR_CRTL_RX_PASSIVE, "error-passive, receiving"},
    flag_words{CAN_ERR_CRTL_TX_PASSIVE, "error-passive, sending"},
    flag_words{CAN_ERR_CRTL_ACTIVE, "error-active again"},
};

constexpr std::array protocol_words{
    flag_words{CAN_ERR_PROT_BIT, "single bit error"},
    flag_words{CAN_ERR_PROT_FORM, "form error"},
    flag_words{CAN_ERR_PROT_STUFF, "stuff error"},
    flag_words{CAN_ERR_PROT_BIT0, "could not send a dominant bit"},
    flag_words{CAN_ERR_PROT_BIT1, "could not send a recessive bit"},
    flag_words{CAN_ERR_PROT_OVERLOAD, "overload"},
    flag_words{CAN_ERR_PROT_ACTIVE, "active error announced"},
};

constexpr std::array location_words{
    flag_words{CAN_ERR_PROT_LOC_ID28_21, "identifier bits 28 to 21"},
    flag_words{CAN_ERR_PROT_LOC_SOF, "start of frame"},
    flag_words{CAN_ERR_PROT_LOC_SRTR, "substitute remote bit"},
    flag_words{CAN_ERR_PROT_LOC_IDE, "identifier extension bit"},
    flag_words{CAN_ERR_PROT_LOC_ID20_18, "identifier bits 20 to 18"},
    flag_words{CAN_ERR_PROT_LOC_ID17_13, "identifier bits 17 to 13"},
    flag_words{CAN_ERR_PROT_LOC_CRC_SEQ, "CRC Error"},
    flag_words{CAN_ERR_PROT_LOC_RES0, "reserved bit 0"},
    flag_words{CAN_ERR_PROT_LOC_DATA, "data"},
    flag_words{CAN_ERR_PROT_LOC_DLC, "length code"},
    flag_words{CAN_ERR_PROT_LOC_RTR, "remote bit"},
    flag_words{CAN_ERR_PROT_LOC_RES1, "reserved bit 1"},
    flag_words{CAN_ERR_PROT_LOC_ID04_00, "identifier bits 4 to 0"},
    flag_words{CAN_ERR_PROT_LOC_ID12_05, "identifier bits 12 to 5"},
    flag_words{CAN_ERR_PROT_LOC_INTERM, "intermission"},
    flag_words{CAN_ERR_PROT_LOC_CRC_DEL, "CRC delimiter"},
    flag_words{CAN_ERR_PROT_LOC_ACK, "acknowledgement"},
    flag_words{CAN_ERR_PROT_LOC_EOF, "end of frame"},
    flag_words{CAN_ERR_PROT_LOC_ACK_DEL, "acknowledgement delimiter"},
};

// Of each nibble of the transceiver's byte: CAN high below, CAN low above.
constexpr std::array wire_words{
    flag_words{4, "no wire"},
    flag_words{5, "short to battery"},
    flag_words{6, "short to VCC"},
    flag_words{7, "short to ground"},
};
constexpr std::uint8_t low_to_high = 0x80;

std::uint8_t byte(const frame& error, std::size_t index) {
  return index < error.length ? error.data[index] : std::uint8_t{0};
}

bool has(const frame& error, std::uint32_t error_class) {
  return (error.id & error_class) != 0;
}

std::optional<controller_state> state_of(const frame& error) {
  if (has(error, CAN_ERR_BUSOFF)) return controller_state::bus_off;
  if (has(error, CAN_ERR_RESTARTED)) return controller_state::error_active;
  if (!has(error, CAN_ERR_CRTL)) return {};
  const std::uint8_t said = byte(error, 1);
  if ((said & (CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE)) != 0)
    return controller_state::error_passive;
  if ((said & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING)) != 0)
    return controller_state::error_warning;
  if ((said & CAN_ERR_CRTL_ACTIVE) != 0) return controller_state::error_active;
  return {};
}

bool is_distorted(const frame& error) {
  if (!has(error, CAN_ERR_PROT)) return false;
  constexpr std::uint8_t kinds = CAN_ERR_PROT_BIT | CAN_ERR_PROT_FORM | CAN_ERR_PROT_STUFF |
                                 CAN_ERR_PROT_BIT0 | CAN_ERR_PROT_BIT1;
  const std::uint8_t place = byte(error, 3);
  // A missing acknowledgement is reported as a bit that stayed recessive.
  if (place == CAN_ERR_PROT_LOC_ACK) return false;
  return (byte(error, 2) & kinds) != 0 || place == CAN_ERR_PROT_LOC_CRC_SEQ;
}

/// Words that are joined by commas.
class sentence {
 public:
  void add(std::string_view words) {
    if (!text_.empty()) text_ += ", ";
    text_ += words;
  }
  template <class Table>
  void add_flags(const Table& table, std::uint32_t flags) {
    for (const flag_words& each : table) {
      if ((flags & each.flag) != 0) add(each.words);
    }
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

template <class Table>
std::string_view word_of(const Table& table, std::uint32_t code) {
  for (const flag_words& each : table) {
    if (each.flag == code) return each.words;
  }
  return {};
}

void add_protocol(sentence& into, const frame& error) {
  const std::uint8_t type = byte(error, 2);
  sentence kinds;
  kinds.add_flags(protocol_words, type);
  const std::string_view place = word_of(location_words, byte(error, 3));
  std::string words = kinds.empty() ? "bus error" : "bus error: " + std::move(kinds).take();
  if (!place.empty()) words += fmt::format(" in {}", place);
  words += (type & CAN_ERR_PROT_TX) != 0 ? " while sending" : " while receiving";
  into.add(words);
}

void add_transceiver(sentence& into, const frame& error) {
  const std::uint8_t status = byte(error, 4);
  const std::string_view high = word_of(wire_words, status & 0x0FU);
  const std::string_view low = word_of(wire_words, (status & 0x70U) >> 4U);
  if (!high.empty()) into.add(fmt::format("transceiver: CAN high {}", high));
  if (!low.empty()) into.add(fmt::format("transceiver: CAN low {}", low));
  if ((status & low_to_high) != 0) into.add("transceiver: CAN low short to CAN high");
  if (high.empty() && low.empty() && (status & low_to_high) == 0) into.add("transceiver fault");
}

} // namespace

error_report read_error_frame(const frame& error) {
  error_report result;
  result.state = state_of(error);
  if (has(error, CAN_ERR_CRTL)) {
    const std::uint8_t said = byte(error, 1);
    result.receiving_suffers = (said & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_RX_PASSIVE)) != 0;
    result.sending_suffers = (said & (CAN_ERR_CRTL_TX_WARNING | CAN_ERR_CRTL_TX_PASSIVE)) != 0;
  }
  result.restarted = has(error, CAN_ERR_RESTARTED);
  result.no_acknowledgement = has(error, CAN_ERR_ACK) ||
                              (has(error, CAN_ERR_PROT) && byte(error, 3) == CAN_ERR_PROT_LOC_ACK);
  result.transmit_timeout = has(error, CAN_ERR_TX_TIMEOUT);
  result.arbitration_lost = has(error, CAN_ERR_LOSTARB);
  result.controller_overflow =
      has(error, CAN_ERR_CRTL) && (byte(error, 1) & CAN_ERR_CRTL_RX_OVERFLOW) != 0;
  result.transceiver = has(error, CAN_ERR_TRX) && byte(error, 4) != 0;
  result.distorted = is_distorted(error);
  result.bus_error = has(error, CAN_ERR_BUSERROR);
  if (has(error, CAN_ERR_CNT)) result.counters = error_counters{byte(error, 6), byte(error, 7)};
  return result;
}

std::string describe_error_frame(const frame& error) {
  sentence words;
  if (has(error, CAN_ERR_BUSOFF)) words.add("bus-off");
  if (has(error, CAN_ERR_RESTARTED)) words.add("restarted after bus-off");
  if (has(error, CAN_ERR_CRTL)) words.add_flags(controller_words, byte(error, 1));
  if (has(error, CAN_ERR_ACK)) words.add("No ACK");
  if (has(error, CAN_ERR_TX_TIMEOUT)) words.add("Timeout: a frame could not be sent");
  if (has(error, CAN_ERR_LOSTARB)) {
    const std::uint8_t bit = byte(error, 0);
    words.add(bit == 0 ? std::string("arbitration lost")
                       : fmt::format("arbitration lost in bit {}", bit));
  }
  if (has(error, CAN_ERR_TRX)) add_transceiver(words, error);
  if (has(error, CAN_ERR_PROT))
    add_protocol(words, error);
  else if (has(error, CAN_ERR_BUSERROR))
    words.add("bus error");
  if (has(error, CAN_ERR_CNT))
    words.add(
        fmt::format("{} transmit and {} receive errors counted", byte(error, 6), byte(error, 7)));
  if (words.empty()) return fmt::format("error frame of class 0x{:X}", error.id);
  return std::move(words).take();
}

} // namespace voltaic::bus::can
