#include "nodes/cli/site_view.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "actors/runtime/node_points.hpp"
#include "messages/nearest_word.hpp"
#include "nodes/view/live_state.hpp"

namespace voltaic::nodes::cli {

namespace {

bool is_node_of(const running_site& site, const std::string& name) {
  for (const auto& node : site.status["nodes"])
    if (node.value("name", "") == name) return true;
  return false;
}

// The relay keeps the last word of every actor. After a change of the site some
// of them are neither here nor down: no node has them any more. Once every node
// has told whom it holds, that is everybody who is not among them.
class membership {
 public:
  membership(const running_site& site, const std::vector<messages::message>& messages) {
    std::set<std::string> told;
    for (const auto& message : messages)
      if (const auto* health = std::get_if<messages::health>(&message.payload)) {
        const bool known = is_node_of(site, health->node);
        if (known) told.insert(health->node);
        auto& names = known ? here_ : gone_;
        names.insert(health->node + actors::runtime::process_suffix);
        for (const auto& actor : health->actors) names.insert(actor.name);
      }
    all_told_ = told.size() == site.status["nodes"].size();
  }
  [[nodiscard]] bool gone(const std::string& source) const {
    return !here_.contains(source) && (all_told_ || gone_.contains(source));
  }

 private:
  std::set<std::string> here_;
  std::set<std::string> gone_; ///< were in a node that is no more
  bool all_told_ = false;
};

} // namespace

messages::expected<std::unique_ptr<site_connection>> site_connection::open(
    const running_site& site) {
  auto result = std::make_unique<site_connection>();
  bus::message::client_options options;
  options.relay = site.relay;
  auto client = bus::message::connect_client(result->context_, options);
  if (!client) return client.error();
  result->client_ = *std::move(client);
  return result;
}

messages::expected<site_view> site_connection::collect(const running_site& site,
                                                       std::chrono::milliseconds timeout) {
  auto state = client_->collect(timeout);
  if (!state) return state.error();
  site_view result;
  const membership members(site, state->messages);
  for (const auto& message : state->messages) {
    if (const auto* health = std::get_if<messages::health>(&message.payload))
      if (is_node_of(site, health->node)) {
        result.health[health->node] = *health;
        result.heard_us[health->node] = message.header.time.utc_us;
      }
    if (members.gone(message.header.source)) continue;
    if (const auto* limits = std::get_if<messages::limits>(&message.payload))
      result.limits[limits->rack] = *limits;
    result.points.apply(message);
  }
  messages::message end;
  end.payload = state->sources;
  result.points.apply(end);
  result.points.look_at(utc_now_us());
  return result;
}

nlohmann::json status_of(const running_site& site, const site_view* view) {
  std::set<std::string> heard;
  if (view != nullptr)
    for (const auto& [name, heard_us] : view->heard_us)
      if (utc_now_us() - heard_us <= view::live_state::silence_us) heard.insert(name);
  return with_states(site.status, heard,
                     view == nullptr ? messages::points::point_table() : view->points);
}

std::string suggestion(const site_view& view, std::string_view name) {
  return suggestion(view.points, name);
}

std::string suggestion(const messages::points::point_table& table, std::string_view name) {
  const auto points = table.select({});
  std::vector<std::string_view> known;
  for (const auto& point : points) {
    known.emplace_back(point.description.name);
    known.emplace_back(point.description.channel);
  }
  const auto near = messages::nearest_word(name.substr(0, name.find('[')), known);
  return near.empty() ? "" : fmt::format(", did you mean {}?", near);
}

std::int64_t utc_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace voltaic::nodes::cli
