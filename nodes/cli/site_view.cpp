#include "nodes/cli/site_view.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "nodes/site/expand.hpp"

namespace voltaic::nodes::cli {

namespace {

bool is_node_of(const running_site& site, const std::string& name) {
  for (const auto& node : site.status["nodes"])
    if (node.value("name", "") == name) return true;
  return false;
}

// The relay keeps the last word of every actor. After a change of the site some
// of them are neither here nor down: no node has them any more.
std::set<std::string> gone_sources(const running_site& site,
                                   const std::vector<messages::message>& messages) {
  std::set<std::string> gone;
  std::set<std::string> here;
  for (const auto& message : messages)
    if (const auto* health = std::get_if<messages::health>(&message.payload))
      for (const auto& actor : health->actors)
        (is_node_of(site, health->node) ? here : gone).insert(actor.name);
  for (const auto& name : here) gone.erase(name);
  return gone;
}

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
  const auto gone = gone_sources(site, state->messages);
  for (const auto& message : state->messages) {
    if (gone.contains(message.header.source)) continue;
    result.points.apply(message);
    if (const auto* health = std::get_if<messages::health>(&message.payload))
      if (is_node_of(site, health->node)) result.health[health->node] = *health;
  }
  messages::message end;
  end.payload = state->sources;
  result.points.apply(end);
  return result;
}

std::string suggestion(const site_view& view, std::string_view name) {
  const auto points = view.points.select({});
  std::vector<std::string_view> known;
  for (const auto& point : points) {
    known.emplace_back(point.description.name);
    known.emplace_back(point.description.channel);
  }
  const auto near = site::nearest_word(name.substr(0, name.find('[')), known);
  return near.empty() ? "" : fmt::format(", did you mean {}?", near);
}

std::int64_t utc_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace voltaic::nodes::cli
