#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/message/observer.hpp"
#include "bus/message/zmq/context.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::message {

/// How a tool reaches a site.
struct client_options {
  std::string relay;                 ///< address prefix, as for an endpoint
  std::string name;                  ///< unique; empty: made of process id and a counter
  std::size_t updates_max = 200'000; ///< kept for a reader that is busy
};

/// The full state of the site at one instant.
struct site_state {
  std::vector<messages::message> messages; ///< catalogues, telemetry, limits, health
  messages::snapshot sources;              ///< who spoke, how far, who is alive
};

/// What a tool uses: asks for the full state, follows changes, sends commands.
/// Used from one thread.
class client {
 public:
  virtual ~client() = default;
  /// The name that results and requests of this client carry.
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// The next complete full state. Fails when no relay answers in time.
  [[nodiscard]] virtual messages::expected<site_state> collect(
      std::chrono::milliseconds timeout) = 0;
  /// The next update (see `update`), empty after the timeout. When the reader
  /// fell behind by more than `updates_max`, what it missed is told as a gap
  /// and a new full state follows.
  [[nodiscard]] virtual std::optional<update> next(std::chrono::milliseconds timeout) = 0;
  /// Sends the command (`id` and `reply_to` are filled in when empty) and waits
  /// for its result. Silence is the outcome `unknown`, never a guess.
  [[nodiscard]] virtual messages::result request(messages::command command,
                                                 std::chrono::milliseconds timeout) = 0;
  /// The source that gave the last result of `request`; empty when it was silence.
  [[nodiscard]] virtual std::string answered_by() const = 0;
};

/// Returns at once, also where no relay is there yet; fails on an address that is none.
[[nodiscard]] messages::expected<std::unique_ptr<client>> connect_client(zmq_context& context,
                                                                         client_options options);

/// Whether somebody listens at this relay's address prefix, `ipc:` only: what a dead relay
/// left behind is no relay.
[[nodiscard]] bool relay_listens(const std::string& prefix);

} // namespace voltaic::bus::message
