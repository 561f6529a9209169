#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/can/checksum.hpp"
#include "messages/can/frame.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/sample.hpp"

namespace voltaic::messages::profiles {

/// A CAN profile compiled for one device: identifiers shifted, repeats unrolled.
///
/// What a scan consists of is told by carriers. A carrier is one frame that the
/// device sends again and again: one identifier, and of a multiplexed one a
/// selector value (the signals outside of the multiplexing are one of their own).
/// A point is complete once every carrier of the point has been seen.
class decode_plan {
 public:
  /// One frame that is sent again and again.
  struct carrier {
    std::uint32_t id = 0;
    bool extended = false;
    std::uint32_t period_ms = 0;
    std::optional<std::int64_t> mux;
    std::uint16_t message = 0; ///< position in device_profile::messages
  };
  /// Consecutive elements of one point in one carrier.
  struct coverage {
    std::uint16_t carrier = 0;
    std::uint16_t point = 0;
    std::uint32_t first_index = 0;
    std::uint32_t count = 0;
  };
  /// What became of a frame.
  enum class outcome : std::uint8_t {
    not_mine, ///< no such identifier in the profile
    decoded,
    bad_length, ///< nothing was decoded from here on
    bad_checksum,
    unknown_selector ///< a multiplexer value without an entry
  };
  static constexpr std::uint16_t no_carrier = 0xFFFF;
  static constexpr std::uint16_t no_identifier = 0xFFFF;
  /// One identifier that the device sends.
  struct identifier {
    std::uint32_t id = 0;
    bool extended = false;
    std::uint16_t message = 0; ///< position in device_profile::messages
  };
  /// What a frame was, and which carriers it completed.
  struct applied {
    decode_plan::outcome outcome = outcome::not_mine;
    std::uint16_t carrier = no_carrier;       ///< seen with this frame
    std::uint16_t branch = no_carrier;        ///< and the multiplexed part, if it has both
    std::uint16_t identifier = no_identifier; ///< whose frame it is, whatever became of it
    std::uint32_t counter = 0;                ///< if the message has one
    std::uint64_t content = 0; ///< its bits without counter and checksum; of a longer frame mixed
  };

  /// Fails when an identifier leaves its 11 or 29 bits or the protocol is not CAN.
  [[nodiscard]] static expected<decode_plan> compile(const device_profile& profile,
                                                     std::uint32_t id_offset);

  /// Replaces the content of `samples` by what the frame says, all or nothing.
  /// Does not allocate once `samples` has room for `samples_max()`.
  applied apply(const can::frame& frame, std::vector<sample>& samples) const;

  /// The same of what a message that is read answered with, whose position in the profile this is.
  /// Data that is shorter than the message's length is a bad one.
  applied apply_answer(std::uint16_t message, std::span<const std::uint8_t> data,
                       std::vector<sample>& samples) const;

  /// No frame and no answer says more than this.
  [[nodiscard]] std::size_t samples_max() const { return samples_max_; }

  [[nodiscard]] std::span<const carrier> carriers() const { return carriers_; }
  /// What `applied::identifier` is a position in.
  [[nodiscard]] std::span<const identifier> identifiers() const { return identifiers_; }
  /// Sorted by point, then by index.
  [[nodiscard]] std::span<const coverage> coverages() const { return coverages_; }
  [[nodiscard]] std::span<const coverage> coverages_of(std::uint16_t point) const;

 private:
  static constexpr std::uint8_t flag_motorola = 1;
  static constexpr std::uint8_t flag_signed = 2;
  static constexpr std::uint8_t flag_float = 4;
  static constexpr std::uint8_t flag_rescale = 8; ///< the bits have another scale than the point
  static constexpr std::uint8_t flag_real = 16;   ///< an f64 point
  static constexpr std::uint8_t flag_indicators = 32; ///< the highest raw values of J1939 are none
  static constexpr std::uint8_t flag_choice = 64;     ///< 1, 0, or none, by sets of raw values

  /// A signal of whole numbers on the point's own scale, with one sentinel at most, which is what
  /// most signals are: it is cut out and judged without a branch.
  struct plain_row {
    std::uint64_t mask = 0;    ///< after the shift
    std::uint64_t sign = 0;    ///< the highest bit of a signed one
    std::int64_t minimum = 0;  ///< of the raw value
    std::uint64_t range = 0;   ///< from the minimum to the maximum
    std::int64_t sentinel = 0; ///< none: one beyond the bounds
    std::uint32_t index = 0;
    std::uint16_t point = 0;
    std::uint8_t shift = 0;
    /// 0: as an intel field lies, 1: as a motorola field does; of a long frame, the first of its
    /// eight bytes times two besides.
    std::uint8_t word = 0;
  };
  /// One of the other signals, ready to be cut out of the frame as one word.
  struct row {
    /// Of the raw value, or a double's bits if flag_real; of flag_choice the sets of 1 and of 0.
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    double factor = 1; ///< raw of the point from raw of the bits, or the real value
    double addend = 0;
    std::uint32_t index = 0;
    std::uint16_t point = 0;
    std::uint8_t shift = 0;
    std::uint8_t length = 0;
    std::uint16_t first_sentinel = 0;
    std::uint8_t sentinel_count = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0; ///< first of its eight bytes, in a long frame or an answer
  };
  static_assert(sizeof(row) == 48);
  static constexpr std::uint16_t no_checksum = 0xFFFF;
  /// Which bits of a long frame are content.
  using content_mask = std::array<std::uint64_t, can::fd_bytes_max / sizeof(std::uint64_t)>;
  struct branch {
    std::int64_t selector = 0;
    std::uint16_t carrier = no_carrier;
  };
  /// Selector values below this are looked up in a table, others are searched for.
  static constexpr std::int64_t direct_selectors_max = 256;
  /// Where a carrier's signals stand: the plain ones are said before the others.
  struct rows_of_carrier {
    std::uint32_t first_plain = 0;
    std::uint32_t plain_count = 0;
    std::uint32_t first_row = 0;
    std::uint32_t row_count = 0;
  };
  /// One identifier, or one answer.
  struct entry {
    std::uint32_t id = 0;
    std::uint16_t length = 0;
    bool has_multiplexer = false;
    bool has_counter = false;
    bool is_long = false;                 ///< a frame of more than eight bytes
    std::uint16_t long_content = 0;       ///< of a long one: position in long_contents_
    std::uint16_t checksum = no_checksum; ///< position in checksums_
    std::uint16_t message = 0;
    std::uint64_t content_bits = ~0ull;
    row multiplexer;
    row counter;
    std::uint16_t common = no_carrier;
    std::uint32_t first_branch = 0; ///< sorted by selector
    std::uint32_t branch_count = 0;
    std::uint32_t first_direct = 0; ///< carriers by selector value
    std::uint32_t direct_count = 0; ///< 0: to be searched for
  };
  static constexpr std::size_t standard_ids = 0x800;
  static constexpr std::uint16_t no_entry = 0xFFFF;

  class compiler;
  [[nodiscard]] const entry* find(const can::frame& frame) const;
  [[nodiscard]] std::uint16_t carrier_of(const entry& mine, std::int64_t selector) const;
  [[nodiscard]] applied judge(const entry& mine, const can::frame& frame,
                              std::uint64_t intel) const;
  /// What says the same as `from` does, if it can be said plainly.
  [[nodiscard]] std::optional<plain_row> plain(const row& from) const;
  [[nodiscard]] sample decode_row(const row& from, std::uint64_t intel,
                                  std::uint64_t motorola) const;
  /// Bits of such a frame without counter and checksum, as one number.
  [[nodiscard]] std::uint64_t long_content(const entry& mine, const can::frame& frame) const;
  /// Those of the carrier in a frame of more than eight bytes, each from the eight that hold it.
  sample* decode_long_carrier(std::uint16_t number, const can::frame& frame, sample* into) const;
  [[nodiscard]] static sample plain_sample(const plain_row& from, std::uint64_t word);
  /// What the carrier's frame says, to `into`; the place behind it.
  sample* decode_carrier(std::uint16_t number, const std::array<std::uint64_t, 2>& words,
                         sample* into) const;

  std::vector<std::uint16_t> standard_; ///< entry of each 11-bit identifier
  std::vector<entry> entries_; ///< 29-bit ones after the others, sorted by identifier; then answers
  std::size_t first_extended_ = 0;
  std::size_t samples_max_ = 0;
  std::size_t first_answer_ = 0; ///< of the entries, behind which no frame is looked for
  std::vector<row> rows_;
  std::vector<plain_row> plain_rows_;
  std::vector<branch> branches_;
  std::vector<std::uint16_t> direct_; ///< no_carrier where a selector value has none
  std::vector<std::int64_t> sentinels_;
  std::vector<can::checksum> checksums_; ///< one a message that has it
  std::vector<content_mask> long_contents_;
  std::vector<identifier> identifiers_; ///< as the entries
  std::vector<carrier> carriers_;
  std::vector<rows_of_carrier> rows_of_; ///< as the carriers
  std::vector<coverage> coverages_;
};

} // namespace voltaic::messages::profiles
