#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/approval_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/chain_memory.hpp"
#include "messages/configuration/version.hpp"

namespace voltaic::actors::protection {

/// The warning that stands while a configuration waits for approval.
inline constexpr const char* configuration_staged = "configuration_staged";

/// Which configuration a rack runs by: journals and tells versions, and lets two persons approve
/// what is staged. Belongs to the actor whose context it has.
class configuration_keeper {
 public:
  /// Of its one record that somebody waits for.
  static constexpr std::uint64_t token = runtime::chain_memory::last_token + 1;

  configuration_keeper(runtime::context& owner, std::string rack,
                       messages::configuration::standing found);

  /// Journals and tells what is new since the former life. What is to be told of the warning: that
  /// it stands or is over, and that it counts again where the former life had put it aside.
  [[nodiscard]] std::vector<messages::event> begin(runtime::instant now);

  /// Puts the warning aside for `asked.lease_ms`, or takes it back. Empty: done, and `shelf_event`
  /// tells it; else why not.
  [[nodiscard]] std::vector<std::string> shelve(const messages::command& asked,
                                                runtime::instant now);
  /// Whether its time is over just now.
  [[nodiscard]] bool end_shelving(runtime::instant now);
  /// That the warning is put aside, or counts again. `cause`: who asked for it; null: nobody.
  [[nodiscard]] messages::event shelf_event(const messages::command* cause) const;

  /// What became of an approval, once that is known.
  struct answer {
    messages::command command;
    messages::outcome outcome = messages::outcome::rejected;
    std::vector<std::string> reasons;
    bool is_stored = false; ///< what was staged is the newest version from now on
  };
  /// `asked.point`: "rack_0/HASH", of what is staged. `standby`: the contactors are known to be
  /// open, or it is known that no current flows through those that nothing here can open.
  /// Nothing: `stored` tells it.
  [[nodiscard]] std::optional<answer> approve(const messages::command& asked, bool standby,
                                              runtime::instant now);
  /// The owner's `stored` hands on what it got.
  [[nodiscard]] std::optional<answer> stored(std::uint64_t token_of,
                                             const bus::storage::append_result& result,
                                             runtime::instant now);

  /// The rack is another one than was approved: it is not closed.
  [[nodiscard]] bool bars_closing() const { return found_.replaces; }
  /// What was approved could not be read.
  [[nodiscard]] bool was_lost() const { return found_.was_lost; }
  /// Of the version that is in force, as its record in the journal has it.
  [[nodiscard]] const std::string& hash() const { return found_.in_force.hash; }
  /// "version 3", "version 3, another is staged", and who approved that first.
  [[nodiscard]] std::string words(runtime::instant now) const;

 private:
  [[nodiscard]] std::vector<std::string> refusals(const messages::command& asked,
                                                  bool standby) const;
  void tell(const char* state, std::string reason, std::vector<std::string> changes,
            const messages::command* cause, runtime::instant now);
  void keep_version(const messages::configuration::version& of, std::uint64_t token_of,
                    runtime::instant now);
  void keep_staged(runtime::instant now);
  void keep_shelf(runtime::instant now);
  void keep_words(runtime::instant now);
  [[nodiscard]] messages::event warning(const char* edge) const;

  runtime::context& owner_;
  std::string rack_;
  messages::configuration::standing found_;
  std::string staged_before_;         ///< hash that a former life told of; empty: nothing
  bool was_approved_once_ = false;    ///< in a former life, which is forgotten
  bool was_shelved_ = false;          ///< by a former life
  bool has_words_ = false;            ///< the journal has those of the site's profile
  std::int64_t shelved_until_us_ = 0; ///< 0: it is not
  approval_model approval_;
  std::optional<messages::command> storing_; ///< the second approval, while its version is stored
};

} // namespace voltaic::actors::protection
