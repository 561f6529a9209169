#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "messages/codec/payloads.hpp"

/// The last word on whether a command may act: at most once for its key, and
/// never after its deadline. Pure: it knows no clock, journal or CAF. Every
/// hop that acts or forwards owns one.
namespace voltaic::actors::runtime {

/// The bounds of a gate. Where every key is within its deadline, new commands are refused.
struct command_gate_options {
  std::size_t keys_max = 1024;  ///< the oldest deadline is forgotten first, once it has passed
  std::size_t waiting_max = 16; ///< repetitions that wait for one unfinished command
  std::int64_t deadline_ahead_max_us = 300 * messages::us_per_s;
};

/// What to do with a command.
enum class gate_verdict : std::uint8_t {
  act,    ///< new and in time: act once, then `conclude`
  answer, ///< do not act; send `answer`
  wait    ///< repeats an unfinished command: do nothing, `conclude` answers it as well
};

/// The verdict on one command, and the answer that it may need.
struct gate_judgement {
  gate_verdict verdict = gate_verdict::answer;
  messages::result answer; ///< addressed to who asked; only of verdict `answer`
};

/// Sees to it that a command acts at most once for its key and never after its deadline; every
/// repetition gets the outcome of the first. Pure: time is what it is told.
class command_gate {
 public:
  explicit command_gate(command_gate_options options = {}) : options_(options) {}

  /// `now_utc_us` is the time of the hop that judges. `lane`: what commands of which only the
  /// newest counts have in common, as a contactor; empty: all count. A command of a lane that
  /// comes after one of a higher generation never acts, unless it opens.
  [[nodiscard]] gate_judgement judge(const messages::command& asked, std::int64_t now_utc_us,
                                     const std::string& lane = {});

  /// The outcome of the command with `done.key`. Returns it once for each
  /// request that waits for it, addressed. Empty when nobody does.
  [[nodiscard]] std::vector<messages::result> conclude(const messages::result& done);

  /// What the journal remembers of an accepted command, before any `judge`.
  /// Without a result its first repetition in time acts: a later hop guards the key. One that
  /// was handed on and has no known result is restored as outcome `unknown`.
  void restore(const messages::command& accepted, const std::optional<messages::result>& done,
               const std::string& lane = {});

  [[nodiscard]] std::size_t keys() const { return entries_.size(); }
  [[nodiscard]] std::size_t unfinished() const;

 private:
  struct requester {
    std::string id;
    std::string reply_to;
  };
  struct entry {
    messages::command command;
    std::optional<messages::result> done;
    bool acting = false;
    std::vector<requester> waiting;
  };
  [[nodiscard]] gate_judgement judge_known(entry& known, const messages::command& asked,
                                           std::int64_t now_utc_us);
  [[nodiscard]] std::optional<gate_judgement> refusal_of_new(const messages::command& asked,
                                                             std::int64_t now_utc_us,
                                                             const std::string& lane);
  void follow(const messages::command& accepted, const std::string& lane);
  [[nodiscard]] bool make_room(std::int64_t now_utc_us);
  void forget(std::string key);

  command_gate_options options_;
  std::map<std::string, entry> entries_;
  std::set<std::pair<std::int64_t, std::string>> by_deadline_; ///< UTC us, and the entry's key
  std::map<std::string, std::uint64_t> newest_; ///< generation, by lane; lanes are what can be set
  /// Latest deadline among forgotten keys: up to it an unknown key may be a
  /// forgotten one, also when the clock was set back.
  std::int64_t forgotten_deadline_utc_us_ = INT64_MIN;
};

/// A result for `command` that is not `done`, with one reason.
[[nodiscard]] messages::result make_result(const messages::command& answered,
                                           messages::outcome what, std::string reason);

/// The lane of contactors: open, close, and set to one of these words. Empty for all else.
[[nodiscard]] std::string contactor_lane(const messages::command& asked);

/// Says in an event who asked for it: the user, role and key of a command.
void attribute(messages::event& event, const messages::command& cause);

} // namespace voltaic::actors::runtime
