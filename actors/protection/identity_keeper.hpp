#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/configuration_keeper.hpp"
#include "actors/protection/identity_model.hpp"
#include "actors/protection/identity_reader.hpp"
#include "actors/runtime/actor.hpp"

namespace voltaic::actors::protection {

/// Why a rack is not closed before its device said all that was accepted of it.
inline constexpr const char* identity_not_heard = "identity_not_heard";

/// Which device a rack's is: reads what it says of itself, journals and tells that, and lets a
/// person accept another one. Belongs to the actor whose context it has.
class identity_keeper {
 public:
  /// Of its record that somebody waits for.
  static constexpr std::uint64_t token = configuration_keeper::token + 1;

  /// `points` below the rack; none: nothing is watched. `kept`: the record in the journals, which
  /// is another rack's where that one stood in its place (`is_elsewhere`).
  identity_keeper(runtime::context& owner, std::string rack, std::vector<std::string> points,
                  const std::optional<std::string>& kept, bool is_elsewhere = false);

  /// The device says something.
  void hear(const messages::message& from_device);
  /// Journals what is new. Alarms that came or went.
  [[nodiscard]] std::vector<messages::event> step(runtime::instant now);

  using answer = configuration_keeper::answer;
  /// `asked.point`: "rack_0/HASH", of the device as it is now. `standby` as for an approval.
  /// Nothing: `stored` tells it.
  [[nodiscard]] std::optional<answer> accept(const messages::command& asked, bool standby,
                                             runtime::instant now);
  /// The owner's `stored` hands on what it got.
  [[nodiscard]] std::optional<answer> stored(std::uint64_t token_of,
                                             const bus::storage::append_result& result,
                                             runtime::instant now);

  [[nodiscard]] bool is_watching() const { return is_watching_; }
  /// Why the rack is not closed: the device is another one, or has not said yet that it is the
  /// accepted one. nullptr: no reason.
  [[nodiscard]] const char* bar() const;
  /// "serial_number 4711", and what of it nobody accepted or is another one.
  [[nodiscard]] std::string words() const;

 private:
  [[nodiscard]] std::vector<std::string> refusals(const messages::command& asked,
                                                  bool standby) const;
  [[nodiscard]] messages::event change_event(identity_model::edge edge) const;
  [[nodiscard]] messages::event warning(identity_model::edge edge) const;
  void keep(const messages::configuration::kept_identity& what, std::uint64_t token_of,
            runtime::instant now);

  runtime::context& owner_;
  std::string rack_;
  bool is_watching_;
  bool is_to_keep_; ///< under the rack's own name, with the next step
  identity_reader reader_;
  identity_model model_;
  struct accepting {
    messages::command asked;
    messages::configuration::kept_identity next;
    std::vector<std::string> changes;
  };
  std::optional<accepting> storing_;
};

} // namespace voltaic::actors::protection
