#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/sample.hpp"

namespace voltaic::messages::profiles {

/// A read asks for this many registers at most (the protocol allows 125).
inline constexpr std::uint16_t read_registers_max = 120;
/// Unused registers that a read may span rather than becoming two.
inline constexpr std::uint16_t read_gap_max = 8;

/// Consecutive registers of one table, fetched by one request.
struct register_read {
  register_table table = register_table::holding;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
  friend bool operator==(const register_read&, const register_read&) = default;
};

/// Registers of the holding table to be written by one request.
struct register_write {
  std::uint16_t address = 0;
  std::vector<std::uint16_t> registers;
  friend bool operator==(const register_write&, const register_write&) = default;
};

/// A Modbus profile compiled to reads, and writes to registers.
class register_plan {
 public:
  /// Consecutive elements of one point in one read.
  struct coverage {
    std::uint16_t read = 0;
    std::uint16_t point = 0;
    std::uint32_t first_index = 0;
    std::uint32_t count = 0;
  };

  /// Fails when the protocol is not Modbus.
  [[nodiscard]] static expected<register_plan> compile(const device_profile& profile);

  /// The requests of one scan.
  [[nodiscard]] std::span<const register_read> reads() const { return reads_; }
  /// How often a read is due: values of one period are read together.
  [[nodiscard]] std::uint32_t period_ms(std::size_t read) const { return periods_ms_[read]; }
  /// The shortest period of any point that is read.
  [[nodiscard]] std::uint32_t period_ms() const { return period_ms_; }
  /// Sorted by point, then by index.
  [[nodiscard]] std::span<const coverage> coverages() const { return coverages_; }

  /// Replaces the content of `samples` by what the registers of `reads()[read]`
  /// say; false (and nothing) when their number is not what was asked for.
  bool apply(std::size_t read, std::span<const std::uint16_t> registers,
             std::vector<sample>& samples) const;
  /// An answer usually holds at most this many samples.
  static constexpr std::size_t samples_usual = read_registers_max;
  /// The text of a sample of a text point that is good.
  [[nodiscard]] std::string text_of(std::size_t read, std::uint16_t point,
                                    std::span<const std::uint16_t> registers) const;

  [[nodiscard]] std::span<const command> commands() const { return commands_; }
  /// The command that sets a point, by the point's name or the command's channel.
  [[nodiscard]] std::optional<std::uint16_t> find_set(std::string_view point_or_channel) const;
  /// Refuses what the command's range or the register's type cannot hold.
  [[nodiscard]] expected<register_write> encode_set(std::uint16_t command, double value) const;
  /// The value that registers of a command's own target hold, as after a write.
  [[nodiscard]] expected<double> read_back(std::uint16_t command,
                                           std::span<const std::uint16_t> registers) const;

 private:
  struct row {
    std::uint32_t index = 0;          ///< element of the point
    std::uint16_t position = 0;       ///< in the answer
    std::uint16_t rule = 0;           ///< of rules_
    std::uint16_t scale_position = 0; ///< of the scale register, if the rule has one
  };
  /// How the registers of one entry become values of its point.
  struct value_rule {
    register_field field;
    std::uint16_t point = 0;
    bool is_real = false;
    double factor = 1;
    double addend = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    double real_minimum = 0;
    double real_maximum = 0;
    std::vector<std::int64_t> sentinels;
  };
  void add_rules(const device_profile& profile);
  void add_coverage(std::uint32_t index, std::uint16_t point);
  [[nodiscard]] static std::optional<double> read_factor(const scale_register& scale,
                                                         std::uint16_t value);
  [[nodiscard]] sample decode(const row& from, std::span<const std::uint16_t> registers) const;

  std::vector<register_read> reads_;
  std::vector<std::uint32_t> periods_ms_; ///< of each read
  std::vector<std::uint32_t> first_row_;  ///< of each read, and the end
  std::vector<row> rows_;
  std::vector<value_rule> rules_;
  std::vector<coverage> coverages_;
  std::vector<command> commands_;
  std::uint32_t period_ms_ = 0;
};

} // namespace voltaic::messages::profiles
