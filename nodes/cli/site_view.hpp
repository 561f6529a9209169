#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bus/message/client.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"
#include "messages/points/point_table.hpp"
#include "nodes/cli/running_site.hpp"

namespace voltaic::nodes::cli {

/// What a site says on its message bus at one instant.
struct site_view {
  messages::points::point_table points;
  std::map<std::string, messages::health> health; ///< by node
  std::map<std::string, messages::limits> limits; ///< by rack, as it was last said
  std::map<std::string, std::int64_t> heard_us;   ///< when it said so, microseconds since 1970
};

/// The command line's end of a site's message bus.
class site_connection {
 public:
  [[nodiscard]] static messages::expected<std::unique_ptr<site_connection>> open(
      const running_site& site);
  /// Asks for the full state; fails when the relay does not answer in time. What
  /// nodes said that the site no longer has is left out.
  [[nodiscard]] messages::expected<site_view> collect(const running_site& site,
                                                      std::chrono::milliseconds timeout);
  [[nodiscard]] bus::message::client& client() { return *client_; }

 private:
  bus::message::zmq_context context_;
  std::unique_ptr<bus::message::client> client_;
};

/// The site's status with the states of its nodes; `view` null where the bus says nothing. Without
/// a supervisor a node runs that told of itself lately.
[[nodiscard]] nlohmann::json status_of(const running_site& site, const site_view* view);

/// `, did you mean rack_0/soc?` for a name that is near one of the site's points
/// in either spelling; empty otherwise.
[[nodiscard]] std::string suggestion(const site_view& view, std::string_view name);
/// The same of the points of a table.
[[nodiscard]] std::string suggestion(const messages::points::point_table& table,
                                     std::string_view name);

/// Now, in microseconds since 1970.
[[nodiscard]] std::int64_t utc_now_us();

} // namespace voltaic::nodes::cli
