#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/digital_io/digital_io_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/last_hop.hpp"
#include "messages/points/last_news.hpp"

namespace voltaic::actors::digital_io {

/// The points are said again this often, changed or not.
inline constexpr std::int64_t points_period_us = 100'000;
/// A coupler has this long to take what it is told, and
inline constexpr std::int64_t coupler_deadline_us = 2 * messages::us_per_s;
/// as long again to show it: then the set of an output of it is answered as unknown. Its own
/// deadline may end before.
inline constexpr std::int64_t coupler_shown_us = 2 * coupler_deadline_us;
/// Sets that wait until couplers show them; more are rejected.
inline constexpr std::size_t waiting_sets_max = 64;
/// A coupler is told again what it does not hold after this.
inline constexpr std::int64_t coupler_again_us = messages::us_per_s;

/// What the actor needs beside its rules.
struct actor_options {
  model_options model;
  /// Drives the outputs that are lines; false: at least one refused. Empty: there are none.
  std::function<bool(const std::vector<bool>&)> write;
};

/// The DIGITAL IO actor: samples of lines and points of couplers in; debounced points,
/// events and driven outputs out. It lives on the node's clock.
class digital_io_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  digital_io_actor(runtime::context& context, actor_options options);
  using runtime::actor::receive;
  void receive(const bus::digital::sample& sample) override;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void wake(runtime::instant now) override;
  void ending() override;
  [[nodiscard]] runtime::condition condition() const override;
  void linked() override { said_us_.reset(); }

 private:
  /// A point of another actor, as its catalogue has it.
  struct foreign {
    std::string name;
    std::uint32_t index = 0;
    std::uint64_t fingerprint = 0;
    std::uint16_t position = 0;
    std::uint32_t period_ms = 0;
    double scale = 1;
    double offset = 0;
    messages::points::last_news news;
  };
  void listen_to(const std::string& point);
  void learn(const messages::catalogue& described);
  void take(const messages::telemetry& said, std::int64_t said_us);
  void hear(const messages::result& told);
  void act(const messages::command& command);
  /// Answers the sets of couplers' outputs of which it is known by now what became of them.
  void answer_sets(runtime::instant now);
  void advance(runtime::instant now);
  void tell_inputs(runtime::instant now);
  void drive(runtime::instant now);
  void tell(const char* state, std::string reason, runtime::instant now);
  void drive_couplers(runtime::instant now);

  runtime::context& context_;
  actor_options options_;
  digital_io_model model_;
  runtime::last_hop commands_;
  std::map<std::string, foreign> foreign_; ///< by path: "coupler_0/inputs[3]"
  std::map<std::string, bool> reported_;   ///< by a coupler, of its outputs
  std::vector<std::string_view> told_;     ///< state of each input in the last event
  std::vector<bool> driven_;               ///< what the lines were driven to last
  struct request {
    std::optional<std::int64_t> us;
    bool on = false;
    std::string key;
    std::string refusal; ///< of what it was told last, in its words
  };
  /// A set that waits until its coupler shows it.
  struct waiting_set {
    messages::command command;
    std::size_t output = 0;
    bool on = false;
    std::int64_t since_us = 0;
    bool is_overtaken = false; ///< another level was set
  };
  /// Why nobody knows what became of it; empty: it may still be shown.
  [[nodiscard]] std::string doubt(const waiting_set& of, runtime::instant now) const;

  std::map<std::size_t, request> asked_; ///< by output: what its coupler was told last
  std::vector<waiting_set> waiting_;     ///< oldest first
  std::uint64_t next_key_ = 0;
  bool described_ = false;
  std::optional<std::int64_t> said_us_;
  std::string unreadable_; ///< why the lines cannot be read; empty: they can
};

} // namespace voltaic::actors::digital_io
