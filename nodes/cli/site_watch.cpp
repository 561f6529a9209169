#include "nodes/cli/site_watch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "bus/can/clock.hpp"
#include "bus/control/control_socket.hpp"
#include "nodes/cli/applied_site.hpp"
#include "nodes/cli/event_printer.hpp"
#include "nodes/cli/journal_events.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::can::monotonic_now_us;

constexpr std::int64_t ask_period_us = 1'000'000;
/// A supervisor that does not answer must not hold up the keys for longer.
constexpr std::chrono::milliseconds ask_timeout{300};
/// Events that are kept for the screen.
constexpr std::size_t events_max = 500;
/// Of each journal so many last records are read for what still stands.
constexpr std::uint64_t records_newest = 20'000;

view::event_picture picture_of(const messages::message& said,
                               const messages::alarms::alarm_texts& texts) {
  const auto& event = std::get<messages::event>(said.payload);
  return {said.header.time.utc_us, event.subject, event_words(event, texts.of(event))};
}

std::vector<std::string> nodes_of(const nlohmann::json& status) {
  std::vector<std::string> names;
  for (const auto& node : status.value("nodes", nlohmann::json::array()))
    names.push_back(node.value("name", ""));
  return names;
}

} // namespace

messages::expected<std::unique_ptr<site_watch>> site_watch::begin(
    running_site site, const messages::alarms::alarm_texts& texts) {
  std::unique_ptr<site_watch> made(new site_watch(std::move(site), texts));
  made->status_ = made->site_.status;
  made->learn_facts();
  auto connection = site_connection::open(made->site_);
  if (!connection) return connection.error();
  made->connection_ = *std::move(connection);
  return made;
}

void site_watch::learn_facts() {
  nodes_known_ = nodes_of(status_);
  facts_.site = status_.value("site", std::string());
  if (const auto plan = applied_site(site_)) facts_ = view::facts_of(*plan);
}

void site_watch::listen(std::chrono::milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  auto rest = bound;
  while (rest.count() > 0) {
    const auto news = connection_->client().next(rest);
    if (!news) break;
    take(*news, monotonic_now_us());
    rest = std::chrono::duration_cast<std::chrono::milliseconds>(end -
                                                                 std::chrono::steady_clock::now());
  }
  heard_.look(monotonic_now_us(), utc_now_us());
}

void site_watch::take(const bus::message::update& news, std::int64_t now_us) {
  using bus::message::update;
  heard_.apply(news, now_us);
  // What was said while nobody listened is in the journals alone.
  if (news.kind == update::kind::ready) read_journals();
  if (news.kind == update::kind::message) hear(news.message);
}

void site_watch::hear(const messages::message& said) {
  if (const auto* health = std::get_if<messages::health>(&said.payload))
    alarms_.lives_as(health->node, health->boot);
  const auto* event = std::get_if<messages::event>(&said.payload);
  if (event == nullptr || !alarms_.apply(*event, said.header.time.utc_us)) return;
  events_.push_back(picture_of(said, texts_));
  if (events_.size() > events_max) events_.pop_front();
}

void site_watch::read_journals() {
  std::vector<messages::message> all;
  for (const auto& path : journals_in({site_.status.value("state", "")}))
    std::ranges::move(events_of(path, records_newest), std::back_inserter(all));
  std::ranges::stable_sort(all, {}, [](const auto& said) { return said.header.time.utc_us; });
  alarms_ = view::alarm_list(facts_.latches);
  events_.clear();
  for (const auto& said : all) hear(said);
}

void site_watch::learn_states(std::int64_t now_us) {
  if (!is_supervised(site_.status)) {
    std::set<std::string> heard;
    for (const auto& [name, health] : heard_.health()) heard.insert(name);
    status_ = with_states(site_.status, heard, heard_.points());
    return;
  }
  if (now_us < ask_due_us_) return;
  ask_due_us_ = now_us + ask_period_us;
  const auto answer =
      bus::control::control_request(site_.control_path, R"({"do":"status"})", ask_timeout);
  status_ = answer ? nlohmann::json::parse(*answer, nullptr, false) : nlohmann::json();
  if (!status_.is_object()) {
    status_ = {};
    return;
  }
  if (nodes_of(status_) != nodes_known_) learn_facts();
}

/// Of a candidate of protection, else of a reason for which contactors were locked.
messages::alarms::explanation site_watch::words_of(const view::alarm& one) const {
  auto words = texts_.of_candidate(one.candidate, one.level);
  if (!words.text.empty()) return words;
  messages::event locked;
  locked.kind = "contactor";
  locked.state = "fault";
  locked.reason = one.candidate;
  return texts_.of(locked);
}

view::picture site_watch::look() {
  learn_states(monotonic_now_us());
  auto seen = view::gather(facts_, heard_, status_, utc_now_us());
  seen.alarms = alarms_.standing();
  for (const auto& rack : seen.racks) view::add_locks(seen.alarms, rack.name, rack.contactor_locks);
  for (auto& one : seen.alarms) one.words = words_of(one);
  // The journal of a rack that was taken out of the site is still there.
  std::erase_if(seen.alarms, [&](const view::alarm& one) {
    return std::ranges::find(seen.racks, one.rack, &view::rack_picture::name) == seen.racks.end();
  });
  seen.events.assign(events_.begin(), events_.end());
  return seen;
}

bool site_watch::is_over() const {
  return has_ended(site_);
}

} // namespace voltaic::nodes::cli
