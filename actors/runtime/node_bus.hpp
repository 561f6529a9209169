#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/mailbox.hpp"
#include "actors/runtime/speaker.hpp"
#include "bus/message/endpoint.hpp"
#include "bus/message/gap_counter.hpp"

namespace voltaic::actors::runtime {

/// Catalogues that a node keeps for who subscribes later. When there are more, those
/// give way that are not its own and that nobody in it listens to.
inline constexpr std::size_t catalogues_max = 4'096;

/// The bus inside one node: a frame that is said goes to every local subscriber
/// without a socket, and to the endpoint unless its plane is `local`. Everything
/// is encoded once, whoever listens. Local subscribers share one copy: the
/// message that was said where its bytes read back as it is, else, and of all
/// that comes from outside, what its bytes were decoded to.
class node_bus {
 public:
  /// `outside` may be null: a node without a relay. It must outlive the bus.
  node_bus(std::string node, bus::message::endpoint* outside);

  /// Hears what the node's own actors say as telemetry, before anybody else, on plane `local` too.
  /// Before anything is said; must outlive the bus.
  using tap = std::function<void(const messages::header& header, const messages::payload& content,
                                 const messages::frame_ptr& frame)>;
  void set_tap(tap hears) { tap_ = std::move(hears); }

  /// Makes an actor reachable by its name. Before anything is said.
  void add(mailbox_ptr mailbox);
  /// Frames of this source are our own echo when they come from outside.
  void add_speaker(const std::string& source);

  /// Every message of this kind that `source` (empty: anybody) says is posted
  /// to the mailbox. A catalogue that was said before is posted at once.
  void subscribe(const mailbox_ptr& to, std::string_view source, kind what);
  /// The actor ended: its next incarnation subscribes anew.
  void unsubscribe(const mailbox_ptr& all_of);

  /// Encodes and delivers. Called by the owner of the speaker only.
  void say(speaker& from, plane to, messages::payload&& payload, instant time);
  /// Publishes telemetry once more, unnumbered; only outside of the node.
  void repeat(const speaker& from, const messages::payload& telemetry, instant time);
  /// A command to its target, a result to whoever waits for it.
  void send(speaker& from, const messages::payload& payload, instant time);
  /// A frame that is encoded already: an event that has become durable.
  void deliver_own(plane to, const messages::frame_ptr& frame);
  /// Publishes every known catalogue of this node again, unnumbered: the relay
  /// has just begun to hear us and knows none.
  void repeat_catalogues();
  /// A frame from the endpoint.
  void deliver(plane from, const messages::frame_ptr& frame);

  /// What did not get through, since the start.
  struct statistics {
    std::uint64_t refused = 0;     ///< frames from outside that are no valid message
    std::uint64_t undelivered = 0; ///< mails that an actor was not there for, or had no room for
    std::uint64_t gaps = 0;        ///< messages of outside sources that never came
  };
  [[nodiscard]] statistics read_statistics() const;
  [[nodiscard]] const std::string& node() const { return node_; }

 private:
  using list = std::vector<mailbox_ptr>;
  using by_source = std::map<std::string, list, std::less<>>;
  struct table {
    std::array<by_source, 11> kinds; ///< by kind, then by source; "" is anybody
  };

  /// Who listens to one kind of one source: two lists of one table.
  struct audience {
    std::shared_ptr<const table> of;
    const list* to_everybody = nullptr;
    const list* to_source = nullptr;
    [[nodiscard]] bool empty() const { return to_everybody == nullptr && to_source == nullptr; }
  };

  void hand_out(const messages::expected<received_ptr>& said);
  /// What stays in the node. A catalogue describes what only the tap hears.
  void say_here(const received_ptr& content);
  void post_all(const received_ptr& content);
  void post(const received_ptr& content, const audience& to);
  void address(const received_ptr& content);
  void refuse_command(const messages::command& command, instant time);
  void keep_catalogue(const received_ptr& said);
  [[nodiscard]] bool is_wanted(const std::string& source) const;
  void count_gap(const messages::header& header);
  [[nodiscard]] std::shared_ptr<const table> snapshot() const;
  [[nodiscard]] audience find_audience(std::string_view source, kind what) const;
  [[nodiscard]] mailbox_ptr find(std::string_view name) const;

  std::string node_;
  bus::message::endpoint* outside_;
  tap tap_;
  mutable std::mutex mutex_;
  std::shared_ptr<const table> table_;
  std::map<std::string, mailbox_ptr, std::less<>> mailboxes_;
  std::set<std::string, std::less<>> own_;
  std::map<std::string, received_ptr, std::less<>> catalogues_;
  bus::message::gap_counter counter_; ///< of what comes from outside
  speaker bounce_;
  statistics statistics_;
};

} // namespace voltaic::actors::runtime
