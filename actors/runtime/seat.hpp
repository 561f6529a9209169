#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "actors/runtime/caf_compat.hpp"
#include "actors/runtime/clock.hpp"
#include "actors/runtime/event_log.hpp"
#include "actors/runtime/mailbox.hpp"
#include "actors/runtime/node_bus.hpp"
#include "actors/runtime/poison_model.hpp"
#include "actors/runtime/progress_page.hpp"

namespace voltaic::actors::runtime {

/// A flood of mails may have made a list longer than this: such a list is not kept for the next.
inline constexpr std::size_t mails_kept_max = 1'024;

/// Makes an actor. Runs inside the new incarnation: what it throws ends that
/// incarnation and nothing else.
using actor_factory = std::function<std::unique_ptr<actor>(context&)>;

/// How an actor fares, as its supervisor sees it.
enum class actor_state : std::uint8_t { starting, running, backoff, failed, stopped };
/// As health spells it: "backoff".
[[nodiscard]] std::string_view to_string(actor_state state);

/// What all seats of a node share.
struct seat_environment {
  node_bus* bus = nullptr;
  event_log* events = nullptr;
  bus::storage::journal* journal = nullptr;
  clock* time = nullptr;
  messages::utc_quality utc_quality = messages::utc_quality::unknown;
};

/// One actor's place in its node: name, address and history. Incarnations come
/// and go; the seat stays for the node's life.
class seat final : public mailbox, public std::enable_shared_from_this<seat> {
 public:
  seat(std::string name, std::string kind, std::size_t position, actor_factory factory,
       bool on_recording, std::uint32_t first_incarnation, progress_counter progress,
       const seat_environment& environment);

  bool post(mail content) override;
  [[nodiscard]] const std::string& owner() const override { return name_; }
  [[nodiscard]] std::size_t position() const override { return position_; }

  /// The next incarnation lives at this handle; mails go there from now on, `start_mail` first.
  void attach(const caf::actor& handle);
  /// Nobody is there; mails are dropped, those that wait too.
  void detach(actor_state state);
  [[nodiscard]] caf::actor handle() const;

  [[nodiscard]] std::uint32_t begin_incarnation();
  /// For the incarnation that lives here, in its turn: everything that waits, in the order in
  /// which it came, instead of what `into` holds. False: nothing does, and the next mail calls.
  [[nodiscard]] bool take(std::vector<mail>& into);
  /// It begins one of those that it took; so many of them are left.
  void begins_mail(std::size_t left);
  void set_state(actor_state state) { state_ = state; }
  /// Mails that nobody has begun.
  [[nodiscard]] std::size_t waiting() const;
  void set_condition(condition told) { condition_ = told; }
  [[nodiscard]] messages::actor_health health() const;
  [[nodiscard]] actor_state state() const { return state_; }
  /// The actor that lives here wants the node's end to wait.
  void hold_node(bool wanted) { holds_node_ = wanted; }
  [[nodiscard]] bool holds_node() const { return holds_node_; }
  [[nodiscard]] const actor_factory& factory() const { return factory_; }
  [[nodiscard]] const seat_environment& environment() const { return environment_; }
  /// See `context::lives_on_recording`.
  [[nodiscard]] bool is_on_recording() const { return on_recording_; }
  /// Only used by the incarnation that lives here.
  [[nodiscard]] poison_model& poison() { return poison_; }
  /// See `context::hand_on`. Only used by the incarnation that lives here.
  void set_heirloom(std::string what);
  [[nodiscard]] const std::string& heirloom() const { return heirloom_; }
  void count_dead_letter() { ++dead_letters_; }
  [[nodiscard]] std::uint64_t dead_letters() const { return dead_letters_; }
  void set_last_failure(std::string text);
  [[nodiscard]] std::string last_failure() const;

 private:
  void empty();

  const std::string name_;
  const std::string kind_;
  const std::size_t position_;
  const actor_factory factory_;
  const bool on_recording_;
  const seat_environment environment_;
  progress_counter progress_;
  const std::uint32_t first_incarnation_;
  mutable std::mutex mutex_;
  caf::actor handle_;
  std::vector<mail> mails_;            ///< that wait and were not taken; guarded by mutex_
  bool called_ = false;                ///< who lives here will come and take; guarded by mutex_
  std::atomic<std::size_t> taken_ = 0; ///< and not begun; moved by who took them
  std::string last_failure_;
  poison_model poison_;
  std::string heirloom_;
  std::atomic<std::uint32_t> started_ = 0; ///< incarnations so far
  std::atomic<std::uint64_t> dead_letters_ = 0;
  std::atomic<actor_state> state_ = actor_state::starting;
  std::atomic<condition> condition_ = condition::good; ///< while it runs
  std::atomic<bool> holds_node_ = false;
};

/// A child of `parent` that drives one incarnation of a seat's actor.
[[nodiscard]] caf::actor spawn_shell(caf::event_based_actor* parent, std::shared_ptr<seat> place);

} // namespace voltaic::actors::runtime
