#include "messages/can/frame_bits.hpp"

#include <algorithm>

namespace voltaic::messages::can {
namespace {

/// CRC delimiter, acknowledgement, end of frame, interframe space: never stuffed.
constexpr std::uint32_t tail_bits = 1 + 2 + 7 + 3;
constexpr std::uint32_t crc_polynomial = 0x4599;

/// Takes a frame's bits in wire order; counts them, their stuff bits and their CRC.
class wire {
 public:
  void put(std::uint32_t value, int width) {
    for (int bit = width - 1; bit >= 0; --bit) put_bit((value >> bit) & 1u);
  }
  void put_crc() { put(crc_, 15); }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }

 private:
  void put_bit(std::uint32_t bit) {
    count(bit);
    const bool feedback = (bit ^ ((crc_ >> 14) & 1u)) != 0;
    crc_ = (crc_ << 1) & 0x7FFFu;
    if (feedback) crc_ ^= crc_polynomial;
  }
  void count(std::uint32_t bit) {
    ++bits_;
    run_ = bit == last_ ? run_ + 1 : 1;
    last_ = bit;
    if (run_ < 5) return;
    ++bits_; // the stuff bit, which opens a run of its own
    last_ = bit ^ 1u;
    run_ = 1;
  }
  std::uint32_t bits_ = 0;
  std::uint32_t crc_ = 0;
  std::uint32_t last_ = 2;
  int run_ = 0;
};

void put_header(wire& out, const frame& frame) {
  const std::uint32_t remote = frame.remote ? 1 : 0;
  out.put(0, 1); // start of frame
  if (frame.extended) {
    out.put(frame.id >> 18, 11);
    out.put(0b11, 2); // SRR, IDE
    out.put(frame.id & 0x3FFFFu, 18);
    out.put(remote, 1);
    out.put(0, 2); // r1, r0
  } else {
    out.put(frame.id, 11);
    out.put(remote, 1);
    out.put(0, 2); // IDE, r0
  }
}

/// Of CAN FD, what follows on the last data byte: stuff count and CRC, with a fixed stuff bit
/// before them and after each four, and the CRC delimiter.
constexpr std::uint32_t fd_crc_bits(std::uint32_t data_bytes) {
  constexpr std::uint32_t short_crc_bytes_max = 16;
  const std::uint32_t bits = 4u + (data_bytes <= short_crc_bytes_max ? 17u : 21u);
  return bits + 1u + bits / 4u + 1u;
}
/// Acknowledgement, end of frame, interframe space.
constexpr std::uint32_t fd_tail_bits = 2 + 7 + 3;
/// From the start of frame to the bit that switches the rate.
constexpr std::uint32_t fd_header_bits(bool extended) {
  return extended ? 36u : 17u;
}

/// As many nominal bits as take as long, rounded up.
std::uint32_t in_nominal(std::uint32_t data_bits, bool switched, bit_rates rates) {
  if (!switched || rates.data == 0 || rates.nominal == 0) return data_bits;
  const std::uint64_t scaled = std::uint64_t{data_bits} * rates.nominal;
  return static_cast<std::uint32_t>((scaled + rates.data - 1) / rates.data);
}

std::uint32_t exact_fd_bits(const frame& frame, bit_rates rates) {
  wire out;
  out.put(0, 1); // start of frame
  if (frame.extended) {
    out.put(frame.id >> 18, 11);
    out.put(0b11, 2); // SRR, IDE
    out.put(frame.id & 0x3FFFFu, 18);
    out.put(0, 1); // RRS
  } else {
    out.put(frame.id, 11);
    out.put(0, 2); // RRS, IDE
  }
  out.put(0b10, 2); // FDF, res
  out.put(frame.bit_rate_switch ? 1 : 0, 1);
  const auto header = out.bits();
  out.put(0, 1); // ESI
  const auto length = frame_length(frame.length);
  std::uint32_t code = 0;
  for (std::size_t bytes = 0; bytes < length; bytes = frame_length(bytes + 1)) ++code;
  out.put(code, 4);
  for (std::size_t i = 0; i < length; ++i) out.put(frame.data[i], 8);
  const auto data = out.bits() - header + fd_crc_bits(length);
  return header + in_nominal(data, frame.bit_rate_switch, rates) + fd_tail_bits;
}

} // namespace

std::uint32_t worst_case_fd_bits(bool extended, bool switched, std::uint32_t data_bytes,
                                 bit_rates rates) {
  const auto header = fd_header_bits(extended);
  const auto data = 5u + 8u * data_bytes; // ESI and length code before it
  const auto stuffed_in_header = (header - 1u) / 4u;
  const auto stuffed = (header + data - 1u) / 4u;
  return header + stuffed_in_header + fd_tail_bits +
         in_nominal(data + stuffed - stuffed_in_header + fd_crc_bits(data_bytes), switched, rates);
}

std::uint32_t exact_bits(const frame& frame, bit_rates rates) {
  if (frame.fd) return exact_fd_bits(frame, rates);
  wire out;
  put_header(out, frame);
  const int length = std::min<int>(frame.length, classic_bytes_max);
  out.put(static_cast<std::uint32_t>(length), 4);
  if (!frame.remote) {
    for (int i = 0; i < length; ++i) out.put(frame.data[static_cast<std::size_t>(i)], 8);
  }
  out.put_crc();
  return out.bits() + tail_bits;
}

} // namespace voltaic::messages::can
