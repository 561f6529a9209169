#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/poll_plan.hpp"

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

/// A Modbus profile compiled to reads, and writes to registers.
class register_plan final : public poll_plan {
 public:
  /// Fails when the protocol is not Modbus.
  [[nodiscard]] static expected<register_plan> compile(const device_profile& profile);

  /// The requests of one scan.
  [[nodiscard]] std::span<const register_read> reads() const { return reads_; }
  [[nodiscard]] std::size_t read_count() const override { return reads_.size(); }
  /// How often a read is due: values of one period are read together.
  [[nodiscard]] std::uint32_t period_ms(std::size_t read) const override {
    return periods_ms_[read];
  }
  [[nodiscard]] std::span<const coverage> coverages() const override { return coverages_; }

  /// Refuses another number of registers than was asked for.
  [[nodiscard]] expected<bool> apply(std::size_t read, std::span<const std::uint16_t> registers,
                                     std::vector<sample>& samples) const override;
  [[nodiscard]] std::string text_of(std::size_t read, std::uint16_t point,
                                    std::span<const std::uint16_t> registers) const override;

  [[nodiscard]] std::span<const command> commands() const override { return commands_; }
  [[nodiscard]] expected<register_write> encode_set(std::uint16_t command,
                                                    double value) const override;
  /// Of the registers of the command's own target.
  [[nodiscard]] expected<double> read_back(std::uint16_t command,
                                           std::span<const std::uint16_t> registers) const override;
  [[nodiscard]] expected<double> wanted(std::uint16_t command,
                                        const register_write& write) const override {
    return read_back(command, write.registers);
  }
  /// Only where the point is read from the registers that were written: the others of its read are
  /// as they were.
  [[nodiscard]] std::vector<known_answer> shown_by(
      std::uint16_t command, const register_write& write, std::span<const std::uint16_t> held,
      std::span<const std::vector<std::uint16_t>> last) const override;

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
};

} // namespace voltaic::messages::profiles
