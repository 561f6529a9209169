#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "actors/runtime/actor.hpp"

/// What reaches an actor, and where it waits.
namespace voltaic::actors::runtime {

/// One message of the bus, as all of a node's subscribers share it.
using received_ptr = messages::message_ptr;
using batch_ptr = std::shared_ptr<const bus::can::batch>;
using poll_ptr = std::shared_ptr<const bus::modbus::poll>;
using write_answer_ptr = std::shared_ptr<const bus::modbus::write_answer>;
using sample_ptr = std::shared_ptr<const bus::digital::sample>;

/// What became of a record that the actor gave to the journal.
struct stored_mail {
  std::uint32_t incarnation = 0; ///< who asked; a later one knows nothing of it
  std::uint64_t token = 0;
  bus::storage::append_result result;
};
/// Time passed.
struct wake_mail {
  instant now;
};
/// The first mail of an incarnation: construct.
struct start_mail {};
/// The node is about to end.
struct ending_mail {};
/// A relay hears the node from now on.
struct linked_mail {};

/// All that reaches an actor.
using mail = std::variant<received_ptr, start_mail, batch_ptr, poll_ptr, write_answer_ptr,
                          sample_ptr, stored_mail, wake_mail, ending_mail, linked_mail>;

/// Mails that may wait for one actor; more are dropped and counted, because an
/// actor that far behind is acting on the past.
inline constexpr std::size_t mailbox_mails_max = 65'536;

/// Mails that an actor handles before the others have their turn: a flood at one
/// of them neither starves its neighbours nor piles up what it says to them.
inline constexpr std::size_t mails_in_a_turn = 16;

/// An actor's address in its node. It outlives the actor's incarnations.
class mailbox {
 public:
  virtual ~mailbox() = default;
  /// From any thread; never blocks. False: nobody is there, or there is no room.
  virtual bool post(mail content) = 0;
  [[nodiscard]] virtual const std::string& owner() const = 0;
  /// Position in the node's start order: subscribers are served in it.
  [[nodiscard]] virtual std::size_t position() const = 0;
};
using mailbox_ptr = std::shared_ptr<mailbox>;

/// The kind that a payload is; monostate has none.
[[nodiscard]] constexpr bool has_kind(const messages::payload& payload) {
  return payload.index() != 0;
}
/// The kind by which subscribers choose.
[[nodiscard]] kind kind_of(const messages::payload& payload);

} // namespace voltaic::actors::runtime
