#include "chaos/observer.hpp"

#include <catch2/catch.hpp>
#include <variant>

#include "bus/message/client.hpp"

namespace chaos {

using voltaic::bus::message::update;

observer::observer(const live_site& site) {
  const auto relay = "ipc://" + site.runtime_folder() + "/relay";
  thread_ = std::thread([this, relay] { listen(relay); });
  const bool complete = eventually([this] { return states_ > 0; });
  if (!complete) stop_ = true;
  REQUIRE(complete);
}

observer::~observer() {
  stop_ = true;
  thread_.join();
}

void observer::listen(const std::string& relay) {
  voltaic::bus::message::zmq_context context;
  voltaic::bus::message::client_options options;
  options.relay = relay;
  const auto client = voltaic::bus::message::connect_client(context, options);
  while (client && !stop_) {
    const auto heard = (*client)->next(50ms);
    if (!heard) continue;
    const std::lock_guard lock(mutex_);
    if (heard->kind == update::kind::ready) ++states_;
    if (heard->kind == update::kind::gap) {
      ++gaps_;
      missed_ += heard->missing;
      sources_[heard->source].missing += heard->missing;
    }
    if (heard->kind != update::kind::message) continue;
    if (!std::holds_alternative<voltaic::messages::telemetry>(heard->message.payload)) continue;
    const auto& header = heard->message.header;
    auto& one = sources_[header.source];
    const auto time_us = header.time.monotonic_us;
    if (one.last_time_us != 0) {
      one.longest_us = std::max(one.longest_us, time_us - one.last_time_us);
      if (time_us < one.last_time_us && header.incarnation == one.incarnation)
        one.older_as_new = true;
    }
    one.last_time_us = time_us;
    one.incarnation = header.incarnation;
    ++one.frames;
  }
}

observer::seen observer::of(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(source);
  return found == sources_.end() ? seen{} : found->second;
}

void observer::forget() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, one] : sources_) {
    const seen before = one;
    one = {};
    one.last_time_us = before.last_time_us;
    one.incarnation = before.incarnation;
  }
}

bool observer::hears(const std::string& source, std::uint64_t frames,
                     std::chrono::milliseconds bound) const {
  const auto before = of(source).frames;
  return eventually([&] { return of(source).frames >= before + frames; }, bound);
}

} // namespace chaos
