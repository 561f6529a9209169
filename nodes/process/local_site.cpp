#include "nodes/process/local_site.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "nodes/process/user_identity.hpp"

namespace voltaic::nodes::process {

endpoint_maker zmq_endpoints(bus::message::zmq_context& context) {
  return [&context](const bus::message::endpoint_options& options, bus::message::listener& to) {
    return bus::message::make_zmq_endpoint(context, options, to);
  };
}

messages::expected<std::unique_ptr<local_site>> local_site::start(
    const site::plan& plan, const failure_handler& on_failed, bus::message::listener* tap,
    const std::shared_ptr<spdlog::logger>& log) {
  auto made = std::unique_ptr<local_site>(new local_site());
  const auto address = "inproc://" + plan.name + "/relay";
  auto bindings = plan.relay_bindings();
  bindings.push_back(address);
  auto relay = bus::message::make_relay(
      made->context_, {std::move(bindings), tap, identify_members(plan), ::geteuid()});
  if (!relay) {
    return relay.error();
  }
  made->relay_ = *std::move(relay);
  for (const auto& described : plan.nodes) {
    node_options options;
    options.plan = &plan;
    options.name = described.name;
    options.relay = address;
    options.log = log;
    options.make_endpoint = zmq_endpoints(made->context_);
    options.on_failed = [on_failed, name = described.name](const std::string& reason) {
      if (on_failed) {
        on_failed(name, reason);
      }
    };
    auto started = node::start(std::move(options));
    if (!started) {
      return started.error();
    }
    made->nodes_.push_back(*std::move(started));
  }
  return made;
}

local_site::~local_site() {
  stop();
}

bool local_site::ready() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const auto& one) { return one->engine().ready(); });
}

bool local_site::failed() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const auto& one) { return one->engine().failed(); });
}

void local_site::tend() {
  for (auto& one : nodes_) {
    one->tend();
  }
}

void local_site::stop() {
  for (auto& one : nodes_) {
    one->prepare_stop();
  }
  const auto deadline = std::chrono::steady_clock::now() + ending_max;
  for (auto& one : nodes_) {
    one->await_actors(deadline);
  }
  for (auto one = nodes_.rbegin(); one != nodes_.rend(); ++one) {
    (*one)->stop();
  }
  relay_.reset();
}

} // namespace voltaic::nodes::process
