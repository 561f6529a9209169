#include "nodes/cli/site_view.hpp"

namespace voltaic::nodes::cli {

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

messages::expected<site_view> site_connection::collect(std::chrono::milliseconds timeout) {
  auto state = client_->collect(timeout);
  if (!state) return state.error();
  site_view result;
  for (const auto& message : state->messages) {
    result.points.apply(message);
    if (const auto* health = std::get_if<messages::health>(&message.payload))
      result.health[health->node] = *health;
  }
  messages::message end;
  end.payload = state->sources;
  result.points.apply(end);
  return result;
}

std::int64_t utc_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace voltaic::nodes::cli
