#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/profiles/encode_plan.hpp"
#include "messages/profiles/poll_plan.hpp"
#include "messages/serial/dialect.hpp"

namespace voltaic::messages::profiles {

/// A profile of plain RS-485 compiled to questions, and to what the bytes of their answers mean.
class answer_plan final : public poll_plan {
 public:
  /// Fails when the protocol is another one.
  [[nodiscard]] static expected<answer_plan> compile(const device_profile& profile);

  [[nodiscard]] std::size_t read_count() const override { return questions_.size(); }
  [[nodiscard]] std::uint32_t period_ms(std::size_t read) const override {
    return questions_[read].period_ms;
  }
  [[nodiscard]] std::span<const coverage> coverages() const override { return coverages_; }
  /// An answer that ends too soon, or counts more elements than the profile has, is refused as a
  /// whole. What it counts less of, or leaves out where it may, is not good.
  [[nodiscard]] expected<bool> apply(std::size_t read, std::span<const std::uint16_t> answer,
                                     std::vector<sample>& samples) const override;
  [[nodiscard]] std::string text_of(std::size_t read, std::uint16_t point,
                                    std::span<const std::uint16_t> answer) const override;
  [[nodiscard]] std::span<const command> commands() const override { return commands_; }
  [[nodiscard]] bool has_order() const override { return encoder_->has_order(); }
  [[nodiscard]] bool order_counts_frames() const override {
    return encoder_->order_counts_frames();
  }
  [[nodiscard]] expected<register_write> encode_order(const order& order) const override;
  [[nodiscard]] expected<register_write> encode_set(std::uint16_t command,
                                                    double value) const override;
  [[nodiscard]] expected<double> read_back(std::uint16_t command,
                                           std::span<const std::uint16_t> held) const override;
  [[nodiscard]] expected<double> wanted(std::uint16_t command,
                                        const register_write& write) const override;
  [[nodiscard]] std::vector<known_answer> shown_by(
      std::uint16_t command, const register_write& write, std::span<const std::uint16_t> held,
      std::span<const std::vector<std::uint16_t>> last) const override;

  /// What is said to the device.
  [[nodiscard]] serial::dialect dialect() const;
  /// The question whose answer carries a point's first element.
  [[nodiscard]] std::uint16_t question_of(std::uint16_t point) const;

 private:
  /// How elements become values of their point.
  struct value_rule {
    bool is_real = false;
    bool is_text = false;
    double factor = 1;
    double addend = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    double real_minimum = 0;
    double real_maximum = 0;
    std::vector<std::int64_t> sentinels;
  };
  /// Where each place of an answer lies.
  struct placed {
    std::size_t at = 0;      ///< its first byte
    std::uint32_t there = 0; ///< elements
  };
  [[nodiscard]] expected<std::vector<placed>> lay_out(const serial_question& question,
                                                      std::span<const std::uint16_t> answer) const;
  [[nodiscard]] sample decode(const answer_item& item, const value_rule& rule,
                              std::span<const std::uint16_t> bytes, std::uint32_t element) const;
  void add_coverages();

  serial::framing framing_;
  std::vector<point> points_;
  std::vector<serial_question> questions_;
  std::vector<std::vector<value_rule>> rules_; ///< of each place of each question
  std::vector<coverage> coverages_;
  std::vector<command> commands_;
  std::optional<encode_plan> encoder_; ///< there from `compile` on; of orders alone
};

} // namespace voltaic::messages::profiles
