#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "actors/runtime/capture_model.hpp"
#include "bus/message/record/capture_store.hpp"
#include "bus/priority_mutex.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::actors::runtime {

/// States of the events that tell of captures.
inline constexpr const char* capture_stored = "capture_stored";
inline constexpr const char* capture_failed = "capture_failed";

/// Whose faults are captured.
struct captured_rack {
  std::string name;                 ///< subject of its events
  std::vector<std::string> sources; ///< who speaks of it: device, aggregates, protection, contactor
};

/// Listens to what a node's racks say and hands what was said around each fault to a store. A
/// fault is a level `fault` or `hard` of protection that sets, two evaluators that begin to differ,
/// and a contactor that comes to `fault`. What is said is only pointed to; nothing is copied and
/// nobody waits for a disk.
class fault_recorder {
 public:
  /// `store` outlives it.
  fault_recorder(std::vector<captured_rack> racks, bus::message::capture_store& store);

  /// Of every telemetry message that an actor of this node says.
  void said(const messages::header& header, const messages::payload& content,
            const messages::frame_ptr& frame);
  /// Of every event of this node, before it is on the disk. From any thread.
  void recorded(const messages::event& event, messages::instant time,
                const messages::frame_ptr& frame);
  /// To be called a few times a second with the node's clock: hands over what is due. What became
  /// of captures, as events to be recorded.
  [[nodiscard]] std::vector<messages::event> step(std::int64_t now_us);
  /// The node ends: what there is of captures that are not over is handed over.
  void finish();

 private:
  struct rack_state {
    captured_rack of;
    capture_model model;
    std::string contactor; ///< its newest state; empty: it has not spoken
    std::string failed_id; ///< of a capture whose failure was told
    struct words_of_capture {
      std::string id;
      std::string words;
    };
    std::vector<words_of_capture> handed_over; ///< whole captures, until the store answers
    std::vector<std::string> removed;          ///< older files, not told yet
  };
  void hand_over(rack_state& rack, capture&& made);
  /// What is to be told of a result; without a state: nothing.
  [[nodiscard]] static messages::event event_of(const bus::message::capture_result& result,
                                                rack_state& rack);
  [[nodiscard]] std::vector<messages::event> tell();
  /// Of what was written, so many pieces: all at once would hold up who speaks.
  void let_go(std::size_t pieces);

  bus::priority_mutex mutex_; // guards everything
  std::vector<rack_state> racks_;
  std::map<std::string, std::size_t, std::less<>> by_source_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  bus::message::capture_store& store_;
  std::uint64_t heard_ = 0;
  std::vector<messages::captured_piece> written_; ///< that the store needs no more
};

} // namespace voltaic::actors::runtime
