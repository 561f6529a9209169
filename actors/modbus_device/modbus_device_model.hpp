#pragma once

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
#include "messages/profiles/poll_plan.hpp"

/// What a device on a line says, from what became of each request and the time
/// that passed. It speaks Modbus or plain RS-485: only its profile's plan knows.
namespace voltaic::actors::modbus_device {

/// The operation of a heartbeat, which only the inverter's link gives.
inline constexpr std::string_view beat_operation = "beat";
/// Rounds without a fault before the device counts as running again.
inline constexpr std::uint32_t good_rounds_min = 3;
/// Good samples in a row that make a stale value good again.
inline constexpr std::uint8_t good_again_samples = 3;

/// Which device the model plays.
struct model_options {
  std::string name; ///< of the device: "meter_0"
  std::shared_ptr<const messages::profiles::device_profile> profile;
  std::string subject = {}; ///< whose points these are: the rack's name; empty: the device's

  /// Everything that is wrong, at once; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// `degraded`: it answers, but not everything, or with exceptions; `backoff`: it does not answer.
enum class device_state : std::uint8_t { starting, running, degraded, backoff };
/// As events spell it: "backoff".
[[nodiscard]] std::string_view to_string(device_state state);

/// What became of one read of a round.
struct read_result {
  /// `missing`: no answer, or none that counts.
  enum class kind : std::uint8_t { done, exception, missing };
  kind what = kind::missing;
  std::uint8_t exception_code = 0;
  std::span<const std::uint16_t> registers; ///< when done; of plain RS-485 bytes, one a word
  std::int64_t time_us = 0;                 ///< when it was known, monotonic
  std::string_view reason;
};

/// A set command that may be carried out.
struct set_plan {
  std::uint16_t command = 0; ///< position in the plan's commands
  messages::profiles::register_write write;
  std::string requested; ///< at the command's resolution
};

/// What became of the write of a set command.
struct write_result {
  /// `unknown`: it was sent and nobody knows more; `unsent` and `expired`: it certainly was not.
  enum class kind : std::uint8_t { done, exception, unknown, unsent, expired };
  kind what = kind::unknown;
  std::uint8_t exception_code = 0;
  std::span<const std::uint16_t> read_back; ///< empty: not known
  std::string_view reason;
};

/// A number as it is known now.
struct known_value {
  double value = 0; ///< in the point's unit
  messages::quality quality = messages::quality::never;
  std::int64_t time_us = 0; ///< when it was read, monotonic
};

/// Keeps what a device said last of every point, by its profile's compiled plan. Pure: time is
/// what it is told.
class model {
 public:
  [[nodiscard]] static messages::expected<model> create(model_options options);

  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] const messages::profiles::poll_plan& plan() const { return *plan_; }

  /// One round: a result for consecutive reads of the plan, from `first_read` on.
  /// Returns the points of which something is known anew, or nothing.
  [[nodiscard]] std::optional<messages::telemetry> apply(std::size_t first_read,
                                                         std::span<const read_result> round,
                                                         std::int64_t now_us);
  /// The points that became stale.
  [[nodiscard]] std::optional<messages::telemetry> age(std::int64_t now_us);

  /// What the device was seen to hold right after a set was written: the point that shows it
  /// is known anew, where it is read from the registers that were written. Else nothing.
  [[nodiscard]] std::optional<messages::telemetry> take_read_back(
      const set_plan& planned, std::span<const std::uint16_t> held, std::int64_t time_us);

  /// The first element of a point that is no text.
  [[nodiscard]] known_value read(std::uint16_t point) const;

  [[nodiscard]] device_state state() const { return state_; }
  /// Why it is not running.
  [[nodiscard]] const std::string& state_reason() const { return state_reason_; }
  /// Whether that is an answer that it gave, an exception; else an answer is missing.
  [[nodiscard]] bool is_refusing() const { return is_refusing_; }

  /// Refuses what the profile does not permit; never clamps.
  [[nodiscard]] messages::expected<set_plan> plan_set(const messages::command& asked) const;
  /// The same for a value alone; `command` is a position in the plan's commands.
  [[nodiscard]] messages::expected<set_plan> plan_value(std::uint16_t command, double value) const;
  /// The outcome of a set by what the device holds afterwards.
  [[nodiscard]] messages::result judge(const messages::command& asked, const set_plan& planned,
                                       const write_result& written) const;

 private:
  using poll_plan = messages::profiles::poll_plan;
  using plan_ptr = std::shared_ptr<const poll_plan>;
  struct element {
    messages::quality quality = messages::quality::never;
    bool recovering = false;   ///< was stale and has not yet been good often enough
    std::uint8_t good_run = 0; ///< good samples in a row while recovering
    void take(bool is_good);
  };
  // What one read brings of one point: arrives and ages in one piece.
  struct part {
    poll_plan::coverage covered;
    std::int64_t stale_after_us = 0;
    std::int64_t seen_us = 0;
    bool ever_seen = false;
    bool stale = false;
  };
  struct point_state {
    std::uint32_t first_cell = 0;
    bool changed = false;
    std::string text; ///< of a text point
  };
  /// What became of a read when it was last tried.
  struct last_result {
    read_result::kind what = read_result::kind::done;
    std::string reason;
  };
  /// The values of a read's answer of all points, or of one.
  void take_samples(std::size_t read, std::span<const std::uint16_t> registers,
                    std::optional<std::uint16_t> only);

  model(model_options options, plan_ptr plan);
  void lay_out();
  /// Empty: it was taken, else why not.
  [[nodiscard]] std::string take_values(std::size_t read, const read_result& result);
  void take_exception(std::size_t read, std::int64_t time_us);
  void mark(std::size_t read, std::int64_t time_us, std::optional<std::uint16_t> only = {});
  void mark_stale(std::int64_t now_us);
  void judge_round(std::size_t first_read, std::size_t reads);
  [[nodiscard]] std::optional<messages::telemetry> say();
  [[nodiscard]] messages::block make_block(std::uint16_t point) const;
  void judge_by_read_back(const set_plan& planned, const write_result& written,
                          messages::result& made) const;

  model_options options_;
  plan_ptr plan_;
  messages::catalogue catalogue_;
  std::vector<point_state> points_;
  std::vector<part> parts_;
  std::vector<element> cells_;
  std::vector<std::int64_t> raw_;
  std::vector<double> real_;
  std::vector<messages::profiles::sample> samples_;
  std::vector<last_result> last_results_;                  ///< of each read
  std::vector<std::vector<std::uint16_t>> last_registers_; ///< of each read; empty: none yet
  device_state state_ = device_state::starting;
  std::string state_reason_;
  bool is_refusing_ = false;
  std::uint32_t good_rounds_ = 0;
};

} // namespace voltaic::actors::modbus_device
