#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "scenarios/property/history.hpp"

/// The safety rules of the house, each judged from outside.
namespace voltaic::tests::property {

/// A rule that was broken, and how.
struct violation {
  int rule = 0;
  std::int64_t time_us = 0;
  std::string text;
};

/// One rule; takes a history fact by fact, in order of time.
class rule {
 public:
  explicit rule(int number) : number_(number) {}
  virtual ~rule() = default;
  virtual void take(const fact& next) = 0;
  [[nodiscard]] const std::vector<violation>& violations() const { return violations_; }

 protected:
  /// Broken at that fact. Only the first few are kept.
  void broken(const fact& at, std::string text);

 private:
  int number_;
  std::vector<violation> violations_;
};

/// Rule 1 compares two histories: what a chain does to its device must not
/// depend on the message bus. Orders of both, up to the end of the shorter.
[[nodiscard]] std::vector<violation> judge_rule_1(std::span<const fact> with_bus,
                                                  std::span<const fact> without_bus);

/// Beyond the house's rules: of what stands around the racks.
inline constexpr int telling_rule_number = 8;
inline constexpr int word_rule_number = 9;
inline constexpr int evaluator_rule_number = 10;
inline constexpr int input_rule_number = 11;
inline constexpr int joining_rule_number = 12;
inline constexpr int output_rule_number = 13;
inline constexpr int doubt_rule_number = 14;
/// "safety rule 5", "told limits".
[[nodiscard]] std::string name_of_rule(int number);

/// Rules 2 to 7, and those beyond.
[[nodiscard]] std::vector<std::unique_ptr<rule>> make_rules();
[[nodiscard]] std::unique_ptr<rule> make_limit_rule();     ///< rule 2
[[nodiscard]] std::unique_ptr<rule> make_lease_rule();     ///< rule 3
[[nodiscard]] std::unique_ptr<rule> make_missing_rule();   ///< rule 4
[[nodiscard]] std::unique_ptr<rule> make_restart_rule();   ///< rule 5
[[nodiscard]] std::unique_ptr<rule> make_reset_rule();     ///< rule 5, by the cells' true values
[[nodiscard]] std::unique_ptr<rule> make_event_rule();     ///< rule 6
[[nodiscard]] std::unique_ptr<rule> make_command_rule();   ///< rule 7
[[nodiscard]] std::unique_ptr<rule> make_telling_rule();   ///< what the inverter is told
[[nodiscard]] std::unique_ptr<rule> make_word_rule();      ///< no closing on an old word
[[nodiscard]] std::unique_ptr<rule> make_evaluator_rule(); ///< two that differ give no lease
[[nodiscard]] std::unique_ptr<rule> make_input_rule();     ///< an active input opens
[[nodiscard]] std::unique_ptr<rule> make_joining_rule();   ///< racks on one DC bus
[[nodiscard]] std::unique_ptr<rule> make_output_rule();    ///< an output ends with its time
[[nodiscard]] std::unique_ptr<rule> make_doubt_rule();     ///< a doubted current halves limits

/// What every rack of these sites is rated for, and how many cells it has.
inline constexpr double rated_a = 140;
inline constexpr std::size_t rack_cells = 480;

} // namespace voltaic::tests::property
