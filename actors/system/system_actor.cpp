#include "actors/system/system_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace voltaic::actors::system {
namespace {

constexpr std::uint64_t token = 1;

model_options checked(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("system: {}", fmt::join(findings, "; ")));
  }
  return options;
}

// What a foreign hand wrote into a record is no reason to fail: it counts as nothing.
double counted(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || !found->is_number()) return 0;
  const auto number = found->get<double>();
  return std::isfinite(number) ? number : 0;
}

} // namespace

system_actor::system_actor(runtime::context& context, const actor_options& options)
    : context_(context),
      model_(checked(options.model)),
      lost_racks_(options.model.name),
      has_links_(!options.model.links.empty()),
      energy_key_(options.model.name + "/energy") {
  load();
  for (const auto& source : options.sources) {
    context_.listen(source, runtime::kind::catalogue);
    context_.listen(source, runtime::kind::telemetry);
  }
  for (const auto& node : options.nodes) context_.listen(node + "/health", runtime::kind::health);
}

void system_actor::load() {
  for (const auto& record : context_.journal().newest(bus::storage::counters_stream)) {
    if (record.key != energy_key_) continue;
    const auto body = nlohmann::json::parse(record.body, nullptr, false);
    if (!body.is_object()) continue;
    kept_ = {counted(body, "charged_wh"), counted(body, "discharged_wh")};
  }
  model_.load(kept_);
}

void system_actor::receive(const messages::message& message) {
  if (const auto* health = std::get_if<messages::health>(&message.payload)) {
    model_.take(*health, message.header.time.monotonic_us);
    if (!has_links_) return;
    for (auto& event : watch_.take(*health, message.header.time.monotonic_us))
      context_.record(std::move(event), message.header.time);
  } else if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    model_.learn(*described);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    model_.take(*said);
    if (message.header.time.monotonic_us < heard_.monotonic_us) return;
    heard_ = message.header.time;
    heard_at_us_ = context_.now().monotonic_us;
  }
}

// A recording has a time of its own. Else what waited while the node stood still is as old as it
// is.
runtime::instant system_actor::present(runtime::instant now) const {
  if (heard_at_us_ == 0 || !context_.lives_on_recording()) return now;
  const auto since_us = now.monotonic_us - heard_at_us_;
  return {heard_.monotonic_us + since_us, heard_.utc_us + since_us};
}

void system_actor::wake(runtime::instant now) {
  if (!std::exchange(described_, true)) {
    context_.say(runtime::plane::telemetry, model_.catalogue(), now);
    kept_us_ = now.monotonic_us;
  }
  if (model_.has_racks() && now.monotonic_us - said_us_ >= period_us) {
    said_us_ = now.monotonic_us;
    const auto time = present(now);
    context_.say(runtime::plane::telemetry, model_.step(time.monotonic_us), time);
    if (auto event = lost_racks_.step(model_.stopping(), now.monotonic_us))
      context_.record(*std::move(event), now);
  }
  if (has_links_ && now.monotonic_us - links_said_us_ >= links_period_us) {
    links_said_us_ = now.monotonic_us;
    context_.say(runtime::plane::telemetry, model_.links(now.monotonic_us), now);
  }
  if (now.monotonic_us - kept_us_ >= counters_period_us) keep(now);
}

void system_actor::ending() {
  keep(context_.now());
}

void system_actor::keep(runtime::instant now) {
  kept_us_ = now.monotonic_us;
  if (model_.energy() == kept_) return;
  kept_ = model_.energy();
  const nlohmann::json body = {{"charged_wh", kept_.charged_wh},
                               {"discharged_wh", kept_.discharged_wh}};
  context_.store({0, bus::storage::counters_stream, energy_key_, now.utc_us, body.dump()}, token);
}

} // namespace voltaic::actors::system
