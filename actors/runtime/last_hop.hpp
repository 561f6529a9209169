#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "actors/runtime/actor.hpp"
#include "actors/runtime/command_gate.hpp"

namespace voltaic::actors::runtime {

/// Where a command ends: judges it, journals it, and only then lets it act.
/// Belongs to the actor whose context it has.
class last_hop {
 public:
  /// Tokens of its records; its owner uses smaller ones.
  static constexpr std::uint64_t first_token = 1'000'000;

  /// Loads what the journal remembers. A command without a known result may
  /// have acted: it never acts again.
  explicit last_hop(context& owner);

  /// Answers, or journals the command; `stored` gives it back when it may act.
  /// True: it is new and in time, so what makes things safer need not wait.
  bool take(const messages::command& asked, instant now);
  /// The owner's `stored` hands on what it got: a command that acts now, once.
  [[nodiscard]] std::optional<messages::command> stored(std::uint64_t token,
                                                        const bus::storage::append_result& result,
                                                        instant now);
  /// What became of it. Journals and tells everybody who asked.
  void finish(const messages::command& acted, messages::outcome outcome,
              std::vector<std::string> reasons, std::string read_back, instant now);

 private:
  void remember(const messages::command& command, const std::optional<messages::result>& done,
                std::uint64_t token, instant now);

  context& owner_;
  command_gate gate_;
  std::map<std::uint64_t, messages::command> waiting_; ///< for the disk
  std::map<std::string, std::int64_t> began_us_;       ///< by key
  std::uint64_t next_token_ = first_token;
};

} // namespace voltaic::actors::runtime
