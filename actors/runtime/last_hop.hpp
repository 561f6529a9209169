#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/runtime/actor.hpp"
#include "actors/runtime/command_gate.hpp"

namespace voltaic::actors::runtime {

/// What becomes of a command that the journal knows without a result.
enum class unfinished : std::uint8_t {
  unknown, ///< it may have acted: it never acts again
  again    ///< a repetition may act, because a later hop guards the key as well
};

/// Where a command is judged, journalled, and only then allowed to act.
/// Belongs to the actor whose context it has.
class last_hop {
 public:
  /// Tokens of its records; its owner uses smaller ones.
  static constexpr std::uint64_t first_token = 1'000'000;

  /// Of which commands only the newest counts: those of one lane. Empty: none.
  using lane_function = std::function<std::string(const messages::command&)>;
  /// Loads what the journal remembers.
  explicit last_hop(context& owner, unfinished policy = unfinished::unknown,
                    lane_function lane_of = contactor_lane);

  /// Answers, or journals the command; `stored` gives it back when it may act.
  /// True: it is new and in time, so what makes things safer need not wait.
  bool take(const messages::command& asked, instant now);
  /// The owner's `stored` hands on what it got: a command that acts now, once.
  [[nodiscard]] std::optional<messages::command> stored(std::uint64_t token,
                                                        const bus::storage::append_result& result,
                                                        instant now);
  /// The same for who acts on the ticks of a port: `due` gives the command back.
  void keep(std::uint64_t token, const bus::storage::append_result& result, instant now);
  /// Whether a former life took this key and left no outcome: it may have acted.
  [[nodiscard]] bool may_have_begun(const std::string& key) const { return begun_.contains(key); }
  /// The generation that a former life gave a command that it left without an outcome.
  [[nodiscard]] std::optional<std::uint64_t> begun_generation(const std::string& key) const;
  /// The highest that the journal knows.
  [[nodiscard]] std::uint64_t newest_generation() const { return newest_generation_; }
  /// A command of a former life, what became of it, and when that was known.
  struct concluded {
    messages::command command;
    messages::result result;
    std::int64_t utc_us = 0;
  };
  /// What a hop that only sends on knows of commands for a time, by the time when they ended.
  [[nodiscard]] std::vector<concluded> take_former();
  /// At the beginning of a step: the commands that act in it. Their deadline is
  /// judged again, so that a node that stood still in between does not act on
  /// what is over. While the chain lags behind the present none acts.
  [[nodiscard]] std::vector<messages::command> due(instant now);
  /// Finishes as rejected, for this reason, those that it took, that are of this
  /// kind and that `stored` or `due` did not give back yet: they never act.
  void drop(const std::function<bool(const messages::command&)>& is_kind, const std::string& why,
            instant now);
  /// Whether its deadline is still ahead of the present.
  [[nodiscard]] bool is_in_time(const messages::command& command, instant now) const;
  /// What became of it. Journals and tells everybody who asked.
  void finish(const messages::command& acted, messages::outcome outcome,
              std::vector<std::string> reasons, std::string read_back, instant now);
  /// The same with a result that a later hop gave.
  void finish(const messages::command& acted, messages::result done, instant now);

 private:
  /// Finishes it if its deadline has passed.
  bool has_expired(const messages::command& command, instant now);
  void remember(const messages::command& command, const std::optional<messages::result>& done,
                std::uint64_t token, instant now);

  context& owner_;
  lane_function lane_of_;
  command_gate gate_;
  std::map<std::uint64_t, messages::command> waiting_; ///< for the disk
  std::vector<messages::command> kept_;                ///< for the next step
  std::map<std::string, std::uint64_t> begun_; ///< generations by keys that a former life left
  std::uint64_t newest_generation_ = 0;
  std::vector<concluded> former_;
  std::map<std::string, std::int64_t> began_us_; ///< by key
  std::uint64_t next_token_ = first_token;
};

} // namespace voltaic::actors::runtime
