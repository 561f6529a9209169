#pragma once

#include <functional>
#include <string>

#include "bus/message/endpoint.hpp"
#include "bus/storage/journal.hpp"
#include "messages/codec/codec.hpp"
#include "messages/time.hpp"
#include "scenarios/property/ears.hpp"
#include "scenarios/property/history.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// "dio_2" and "dio_2/relay" are inputs and outputs of rack 2.
[[nodiscard]] int rack_of_digital(const std::string& name);

/// Tells what passes the doors of nodes and what they put on their disks.
class mail_reader {
 public:
  /// `start`: what the facts count from.
  mail_reader(messages::instant start, int racks, std::function<void(const fact&)> tell,
              hit_counters& hits);

  /// A node said it.
  void said(const std::string& node, bus::message::plane to, const messages::frame& frame,
            std::int64_t now_us);
  /// It came to a node, by whose ears it is heard; null: by nobody's.
  void came(ears* by, const messages::frame& frame, std::int64_t now_us);
  /// A node gave it to its disk.
  void given(const bus::storage::record& record, std::int64_t now_us);
  /// An event is on a node's disk.
  void stored(const std::string& node, const bus::storage::record& record, std::int64_t now_us);

 private:
  void count(const messages::event& event);

  messages::instant start_;
  int racks_;
  std::function<void(const fact&)> tell_;
  hit_counters& hits_;
};

} // namespace voltaic::tests::property
