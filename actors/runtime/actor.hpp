#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bus/can/port.hpp"
#include "bus/digital/port.hpp"
#include "bus/message/endpoint.hpp"
#include "bus/modbus/line.hpp"
#include "bus/storage/journal.hpp"
#include "messages/codec/codec.hpp"

/// What every actor is and what it may do. Only the .cpp files of this folder
/// know CAF; an actor's own folder needs neither CAF nor a socket to compile.
namespace voltaic::actors::runtime {

using bus::message::plane;
using messages::instant;

/// As much may an incarnation hand on to the next.
inline constexpr std::size_t heirloom_bytes_max = 256;

/// Kinds of payloads, as a subscription names them.
enum class kind : std::uint8_t {
  telemetry,
  event,
  command,
  result,
  permit,
  limits,
  health,
  snapshot,
  catalogue,
  tick,
  order
};

/// An actor's hands. Given at construction, valid for the actor's life, used
/// only from inside its handlers.
class context {
 public:
  virtual ~context() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual const std::string& node() const = 0;
  [[nodiscard]] virtual std::uint32_t incarnation() const = 0;
  /// The node's clock, for actors that live on it. The chain of a rack lives on
  /// the time of its port; only how far that is behind it judges by both.
  [[nodiscard]] virtual instant now() const = 0;
  /// The port of this actor's chain plays a recording: the chain's time is no
  /// moment of the node's clock, and neither is behind the other.
  [[nodiscard]] virtual bool lives_on_recording() const { return false; }

  /// From now on `receive` gets every message of this kind that `source`
  /// (empty: anybody) says, in this node without a socket, else by the bus.
  /// Commands and results addressed to this actor's name always arrive.
  virtual void listen(std::string_view source, kind what) = 0;

  /// Says a message to everybody who listens. `time` is the source time: the
  /// time of the input that caused it, never the time of sending.
  virtual void say(plane to, messages::payload payload, instant time) = 0;

  /// A command to its `target` or a result to its `reply_to`, in this node
  /// directly, elsewhere through the relay.
  virtual void send(messages::payload payload, instant time) = 0;

  /// Writes an event to the journal, then says it. Returns its sequence,
  /// gapless per node, at once. `sequence`, `id`, `node` and `boot` of the
  /// event are filled in here.
  virtual std::uint64_t record(messages::event event, instant time) = 0;

  /// Puts a record into the journal; `stored(token, ...)` follows after fsync.
  virtual void store(bus::storage::record record, std::uint64_t token) = 0;

  /// Publishes telemetry again, as it was and unnumbered: for a relay that has just
  /// begun to hear the node. Nobody in the node hears it.
  virtual void repeat(const messages::payload& /*telemetry*/, instant /*time*/) {}

  /// Whether the node's end should wait for this actor, for a bounded time.
  virtual void hold_node(bool /*wanted*/) {}

  /// After this handler the incarnation ends, as by a failure: its supervisor starts it again,
  /// with those that depend on it. For who has to begin anew by what its journal says now.
  virtual void restart(const std::string& /*why*/) {}

  /// Keeps a few words for the next incarnation of this actor in this node, in memory alone,
  /// instead of those before: `heirloom_bytes_max` at most, else std::length_error. A new process
  /// finds none.
  virtual void hand_on(const std::string& /*what*/) {}
  /// What a former incarnation handed on; empty: nothing, or there was none.
  [[nodiscard]] virtual std::string handed_on() const { return {}; }

  /// For loading at construction only: it blocks.
  [[nodiscard]] virtual bus::storage::journal& journal() = 0;
};

/// How an actor that runs fares with what it owns, for health.
enum class condition : std::uint8_t {
  good,
  waiting,  ///< its device has not spoken yet
  degraded, ///< some of it is silent or refused
  backoff   ///< all of it is, and it is tried again at growing distances
};

/// One actor: handlers run one at a time, on any thread, never concurrently.
/// An exception that leaves a handler ends this incarnation; the supervisor
/// starts the next one.
class actor {
 public:
  virtual ~actor() = default;
  /// A message that was decoded wholly and is in range.
  virtual void receive(const messages::message& message) = 0;
  /// CAN input, for actors that own a device on a bus.
  virtual void receive(const bus::can::batch& batch);
  virtual void receive(const bus::modbus::poll& poll);
  virtual void receive(const bus::modbus::write_answer& answer);
  /// Digital input, for actors that own lines of this machine.
  virtual void receive(const bus::digital::sample& sample);
  virtual void stored(std::uint64_t token, const bus::storage::append_result& result);
  /// Every `wake_period_us` of the node's clock; chains of a rack live on the
  /// ticks of their port instead and ignore it.
  virtual void wake(instant now);
  /// Asked at each wake.
  [[nodiscard]] virtual runtime::condition condition() const;
  /// The node is about to end: begin nothing new, and leave the plant safe.
  virtual void ending();
  /// A relay hears the node from now on, and knows nothing that was said before:
  /// what will not be said again soon is to be repeated.
  virtual void linked();
};

/// Every actor is woken this often.
inline constexpr std::int64_t wake_period_us = 50'000;

} // namespace voltaic::actors::runtime
