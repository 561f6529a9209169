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

} // namespace

std::uint32_t exact_bits(const frame& frame) {
  wire out;
  put_header(out, frame);
  const int length = std::min<int>(frame.length, 8);
  out.put(static_cast<std::uint32_t>(length), 4);
  if (!frame.remote) {
    for (int i = 0; i < length; ++i) out.put(frame.data[static_cast<std::size_t>(i)], 8);
  }
  out.put_crc();
  return out.bits() + tail_bits;
}

} // namespace voltaic::messages::can
