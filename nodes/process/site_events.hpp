#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "actors/runtime/clock.hpp"
#include "actors/runtime/event_log.hpp"
#include "bus/storage/journal.hpp"
#include "messages/codec/payloads.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What the supervisor has to say of its site: a line for people, and an event
/// in a journal of its own. It has no place on the message bus; node `site`
/// reads the journal and passes on what it finds (`event_feed`).
class site_events {
 public:
  using line_writer = std::function<void(std::string_view line)>;
  /// Opens the journal; whoever calls holds the site's lock. Without a journal
  /// the site runs all the same, and only people are told.
  site_events(const site::plan& plan, line_writer told);

  void record(messages::event event);
  /// Now and then: tells of events that the journal did not take.
  void tend();

 private:
  void tell_unclean_end();
  void write(const std::string& line);

  std::string site_;
  line_writer write_;
  std::shared_ptr<spdlog::logger> file_; ///< the same lines
  actors::runtime::system_clock time_;
  std::unique_ptr<bus::storage::journal> journal_;
  std::unique_ptr<actors::runtime::event_log> log_; ///< null without a journal
};

/// An event of the kind `system`.
[[nodiscard]] messages::event system_event(std::string_view code, std::string subject,
                                           std::string reason);

} // namespace voltaic::nodes::process
