#include "bus/can/port.hpp"

#include <fmt/format.h>

#include <atomic>
#include <system_error>
#include <utility>

#include "bus/can/bridge/bridge_port.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "bus/can/socketcan/socketcan_port.hpp"
#include "bus/can/virtual/virtual_port.hpp"

namespace voltaic::bus::can {
namespace {

/// A bus that is only listened to: nothing of this machine reaches it, whatever a profile says.
class read_only_port final : public port {
 public:
  explicit read_only_port(std::unique_ptr<port> heard) : heard_(std::move(heard)) {}

  [[nodiscard]] send_result send(const messages::can::frame& /*frame*/) override {
    ++refused_;
    return send_result::down;
  }
  [[nodiscard]] statistics read_statistics() const override {
    auto result = heard_->read_statistics();
    result.tx_dropped += refused_;
    return result;
  }

 private:
  std::unique_ptr<port> heard_;
  std::atomic<std::uint64_t> refused_{0};
};

messages::expected<std::unique_ptr<port>> open_by_scheme(const port_options& options,
                                                         batch_handler handler) {
  const std::size_t colon = options.uri.find(':');
  const std::string scheme = options.uri.substr(0, colon);
  const std::string rest =
      colon == std::string::npos ? std::string() : options.uri.substr(colon + 1);
  try {
    if (scheme == "virtual") return open_virtual_port(options, rest, std::move(handler));
    if (scheme == "socketcan") return open_socketcan_port(options, rest, std::move(handler));
    if (scheme == "udp" || scheme == "tcp") return open_bridge_port(options, std::move(handler));
    if (scheme == "replay") return open_replay_port(options, std::move(handler));
  } catch (const std::system_error& refused) {
    return messages::failure{fmt::format("{}: no thread for it: {}", options.uri, refused.what())};
  }
  return messages::failure{fmt::format(
      "{}: unknown kind of port '{}'; known are socketcan:, udp:, tcp:, virtual: and replay:",
      options.uri, scheme)};
}

} // namespace

std::string_view to_text(controller_state state) {
  switch (state) {
    case controller_state::error_active:
      return "error-active";
    case controller_state::error_warning:
      return "error-warning";
    case controller_state::error_passive:
      return "error-passive";
    case controller_state::bus_off:
      return "bus-off";
    case controller_state::down:
      return "down";
  }
  return "down";
}

send_result port::send_all(std::span<const messages::can::frame> frames) {
  send_result worst = send_result::sent;
  for (const messages::can::frame& item : frames) {
    const send_result result = send(item);
    if (result != send_result::sent) worst = result;
  }
  return worst;
}

messages::expected<std::unique_ptr<port>> open_port(const port_options& options,
                                                    batch_handler handler) {
  const bool read_only = options.read_only;
  auto opened = open_by_scheme(options, std::move(handler));
  if (!opened || !read_only) return opened;
  return std::unique_ptr<port>(std::make_unique<read_only_port>(*std::move(opened)));
}

} // namespace voltaic::bus::can
