#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages/alarms/alarm_texts.hpp"
#include "messages/expected.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/view/gather.hpp"
#include "nodes/view/live_state.hpp"
#include "nodes/view/picture.hpp"
#include "nodes/view/site_facts.hpp"

namespace voltaic::nodes::cli {

/// Follows a running site for somebody who looks at it: its message bus, its
/// supervisor, its journals. For one thread.
class site_watch {
 public:
  /// The texts, of what is shown in words, must outlive it.
  [[nodiscard]] static messages::expected<std::unique_ptr<site_watch>> begin(
      running_site site, const messages::alarms::alarm_texts& texts);

  /// Takes what the bus has said, for at most so long.
  void listen(std::chrono::milliseconds bound);
  /// The site as it is known now; asks the supervisor, where there is one, if it is time to.
  [[nodiscard]] view::picture look();
  /// Its supervisor is gone.
  [[nodiscard]] bool is_over() const;

 private:
  site_watch(running_site site, const messages::alarms::alarm_texts& texts)
      : site_(std::move(site)), texts_(texts) {}
  void take(const bus::message::update& news, std::int64_t now_us);
  void hear(const messages::message& said);
  void read_journals();
  [[nodiscard]] messages::alarms::explanation words_of(const view::alarm& one) const;
  void learn_states(std::int64_t now_us);
  void learn_facts();

  running_site site_;
  const messages::alarms::alarm_texts& texts_;
  nlohmann::json status_; ///< the supervisor's last answer; null: it gave none
  std::int64_t ask_due_us_ = 0;
  std::vector<std::string> nodes_known_; ///< when the facts were learnt
  view::site_facts facts_;
  view::live_state heard_;
  view::alarm_list alarms_{[](const view::alarm&) { return false; }};
  std::deque<view::event_picture> events_;
  std::unique_ptr<site_connection> connection_;
};

} // namespace voltaic::nodes::cli
