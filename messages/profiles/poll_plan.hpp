#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/sample.hpp"

namespace voltaic::messages::profiles {

/// What is to be written by one request: registers from an address on; of a device that is no
/// Modbus one, the bytes of a value and which of its commands they are for.
struct register_write {
  std::uint16_t address = 0;
  std::vector<std::uint16_t> registers;
  friend bool operator==(const register_write&, const register_write&) = default;
};

/// A profile of a device that is asked, compiled to requests and to what their answers mean. An
/// answer is a row of registers, or of bytes, one a word.
class poll_plan {
 public:
  virtual ~poll_plan() = default;

  /// Consecutive elements of one point in one answer.
  struct coverage {
    std::uint16_t read = 0;
    std::uint16_t point = 0;
    std::uint32_t first_index = 0;
    std::uint32_t count = 0;
  };
  /// An answer usually holds at most this many samples.
  static constexpr std::size_t samples_usual = 120;

  [[nodiscard]] virtual std::size_t read_count() const = 0;
  /// How often a read is due.
  [[nodiscard]] virtual std::uint32_t period_ms(std::size_t read) const = 0;
  /// Sorted by point, then by index.
  [[nodiscard]] virtual std::span<const coverage> coverages() const = 0;

  /// Replaces the content of `samples` by what the answer to a read says; nothing, and why, where
  /// it is not what was asked for.
  [[nodiscard]] virtual expected<bool> apply(std::size_t read,
                                             std::span<const std::uint16_t> answer,
                                             std::vector<sample>& samples) const = 0;
  /// The text of a sample of a text point that is good.
  [[nodiscard]] virtual std::string text_of(std::size_t read, std::uint16_t point,
                                            std::span<const std::uint16_t> answer) const = 0;

  [[nodiscard]] virtual std::span<const command> commands() const = 0;
  /// Refuses what the command's range or the type on the wire cannot hold.
  [[nodiscard]] virtual expected<register_write> encode_set(std::uint16_t command,
                                                            double value) const = 0;
  /// The value that is shown by what was read back after a write.
  [[nodiscard]] virtual expected<double> read_back(std::uint16_t command,
                                                   std::span<const std::uint16_t> held) const = 0;
  /// The value that a device would show that took the write.
  [[nodiscard]] virtual expected<double> wanted(std::uint16_t command,
                                                const register_write& write) const = 0;
  /// An answer as it would be read now.
  struct known_answer {
    std::size_t read = 0;
    std::vector<std::uint16_t> words;
  };
  /// What was read back shows of the answers that were read last (empty: none yet), where the point
  /// by which the command is read back is in them.
  [[nodiscard]] virtual std::vector<known_answer> shown_by(
      std::uint16_t command, const register_write& write, std::span<const std::uint16_t> held,
      std::span<const std::vector<std::uint16_t>> last) const = 0;

  /// Whether the device takes orders to its contactors.
  [[nodiscard]] virtual bool has_order() const { return false; }
  /// As `encode_plan::order_counts_frames`.
  [[nodiscard]] virtual bool order_counts_frames() const { return false; }
  /// Fails where the device takes no orders.
  [[nodiscard]] virtual expected<register_write> encode_order(const order& order) const;

  /// The command that sets a point, by the point's name or the command's channel.
  [[nodiscard]] std::optional<std::uint16_t> find_set(std::string_view point_or_channel) const;
};

/// The plan of a profile of Modbus or of plain RS-485; fails for others.
[[nodiscard]] expected<std::shared_ptr<const poll_plan>> make_poll_plan(
    const device_profile& profile);

} // namespace voltaic::messages::profiles
