#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/message/relay.hpp"
#include "bus/message/zmq/context.hpp"
#include "nodes/process/node.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Every node of a site inside this process, over inproc; tools reach the relay
/// by ipc as ever.
class local_site {
 public:
  /// `on_failed` is told from another thread which node gave up and why.
  using failure_handler = std::function<void(const std::string& node, const std::string& reason)>;

  /// Starts the relay, then the nodes in the plan's order. `plan` outlives it,
  /// and so does `tap`, which hears the relay's telemetry and events. `log` may be null.
  [[nodiscard]] static messages::expected<std::unique_ptr<local_site>> start(
      const site::plan& plan, const failure_handler& on_failed,
      bus::message::listener* tap = nullptr, const std::shared_ptr<spdlog::logger>& log = nullptr);
  ~local_site();
  local_site(const local_site&) = delete;
  local_site& operator=(const local_site&) = delete;

  /// Every actor of every node runs.
  [[nodiscard]] bool ready() const;
  /// Some node gave up.
  [[nodiscard]] bool failed() const;
  /// To be called now and then, as `node::tend`.
  void tend();
  /// Last started first, the relay last.
  void stop();
  [[nodiscard]] const std::vector<std::unique_ptr<node>>& nodes() const { return nodes_; }

 private:
  local_site() = default;
  bus::message::zmq_context context_;
  std::unique_ptr<bus::message::relay> relay_;
  std::vector<std::unique_ptr<node>> nodes_;
};

/// Endpoints of the message bus in this process.
[[nodiscard]] endpoint_maker zmq_endpoints(bus::message::zmq_context& context);

} // namespace voltaic::nodes::process
