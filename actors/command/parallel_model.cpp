#include "actors/command/parallel_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

namespace voltaic::actors::command {

namespace {

constexpr const char* contactor_weld = "contactor_weld";

// A rack that was opened in order and switched off says no more that it is apart.
std::string end_of_silence(const std::string& rack) {
  return fmt::format(
      "bring the device of {0} back, or, where {0} is cut off from the DC bus by "
      "hand, take it out of the site file",
      rack);
}

} // namespace

std::string rack_closed_by(const messages::command& asked) {
  auto rack = asked.point.substr(0, asked.point.find('/'));
  if (asked.operation == "close") return rack;
  const auto* word = std::get_if<std::string>(&asked.value);
  const bool closes = asked.operation == "set" && asked.point == rack + "/contactor" &&
                      word != nullptr && (*word == "close" || *word == "closed");
  return closes ? rack : std::string();
}

parallel_model::parallel_model(const std::map<std::string, std::string>& dc_buses,
                               const std::map<std::string, std::string>& devices) {
  for (const auto& [rack, device] : devices) known_.insert(rack);
  for (const auto& [rack, dc_bus] : dc_buses) {
    const std::string& bus = dc_bus;
    const auto shared =
        std::ranges::count_if(dc_buses, [&](const auto& other) { return other.second == bus; });
    const auto device = devices.find(rack);
    if (shared < 2 || bus.empty() || device == devices.end()) continue;
    auto& fresh = racks_[rack];
    fresh.dc_bus = bus;
    fresh.device = device->second;
  }
}

std::vector<std::string> parallel_model::sources() const {
  std::vector<std::string> names;
  for (const auto& [rack, about] : racks_) {
    names.push_back(about.device);
    names.push_back(rack + "/contactor");
  }
  return names;
}

void parallel_model::learn(const messages::catalogue& described) {
  for (auto& [rack, about] : racks_) {
    const auto find = [&, name = rack](const char* point, place& into) {
      for (std::size_t at = 0; at < described.points.size(); ++at) {
        const auto& one = described.points[at];
        if (one.name != name + "/" + point) continue;
        into = {described.fingerprint, static_cast<std::uint16_t>(at),
                messages::points::scale_of(one)};
      }
    };
    find("voltage", about.voltage.at);
    find("current", about.current.at);
    find("contactor", about.contactor.at);
    find("contactor_lock", about.lock.at);
    find("contactor_joined", about.joined.at);
  }
}

void parallel_model::take(const messages::telemetry& said, std::int64_t heard_us) {
  for (auto& [rack, about] : racks_) {
    for (const auto& block : said.blocks) {
      for (auto* one : {&about.voltage, &about.current, &about.joined}) {
        if (one->at.fingerprint != said.fingerprint || one->at.position != block.point) continue;
        one->said.value = messages::points::good_number(block, one->at.scale);
        one->said.news.hear(block.source_time_us, heard_us);
      }
      for (auto* one : {&about.contactor, &about.lock}) {
        if (one->at.fingerprint != said.fingerprint || one->at.position != block.point) continue;
        const auto* text = std::get_if<std::string>(&block.values);
        const bool is_known = text != nullptr && block.quality <= messages::quality::uncertain;
        one->said.value = is_known ? std::optional(*text) : std::nullopt;
        one->said.news.hear(block.source_time_us, heard_us);
      }
    }
  }
}

template <class Value>
std::optional<Value> parallel_model::fresh(const heard<Value>& of, std::int64_t now_us) {
  return of.news.is_fresh(now_us, parallel_age_us_max) ? of.value : std::nullopt;
}

std::string parallel_model::refusal(const std::string& name, const member& closing,
                                    const std::string& other_name, const member& other,
                                    std::int64_t now_us) const {
  const auto contactor = fresh(other.contactor.said, now_us);
  const auto lock = fresh(other.lock.said, now_us);
  if (!contactor || !lock)
    return fmt::format("{} on the same DC bus {} is not heard; {}", other_name, other.dc_bus,
                       end_of_silence(other_name));
  if (lock->find(contactor_weld) != std::string::npos)
    return fmt::format("{} on the same DC bus {} has contactor_weld", other_name, other.dc_bus);
  // A fault, or feedback that is lost, may leave it on the bus.
  const bool is_apart = fresh(other.joined.said, now_us) == 0.0;
  if (is_apart && (*contactor == "open" || *contactor == "fault")) return {};
  const auto own_v = fresh(closing.voltage.said, now_us);
  const auto other_v = fresh(other.voltage.said, now_us);
  const auto current_a = fresh(other.current.said, now_us);
  if (!own_v)
    return fmt::format("the voltage of {} is not known, {} is on its DC bus {}", name, other_name,
                       other.dc_bus);
  if (!other_v || !current_a)
    return fmt::format("{} is on {}, and its {} is not known; {}", other_name, other.dc_bus,
                       other_v ? "current" : "voltage", end_of_silence(other_name));
  if (std::abs(*own_v - *other_v) > parallel_difference_v_max)
    return fmt::format(
        "{} has {:.1f} V on {}, {} {:.1f} V: {:.1f} V apart, at most {:g} V are "
        "joined",
        other_name, *other_v, other.dc_bus, name, *own_v, std::abs(*own_v - *other_v),
        parallel_difference_v_max);
  if (std::abs(*current_a) > parallel_current_a_max)
    return fmt::format("{} carries {:.1f} A on {}, at most {:g} A while {} is joined to it",
                       other_name, *current_a, other.dc_bus, parallel_current_a_max, name);
  return {};
}

std::vector<std::string> parallel_model::refuse(const messages::command& asked,
                                                std::int64_t now_us) const {
  std::vector<std::string> reasons;
  const auto name = rack_closed_by(asked);
  const bool closes = asked.operation == "close" || !name.empty();
  if (closes && !known_.contains(name))
    return {fmt::format("parallel_block: no rack '{}' is known, nor who shares its DC bus", name)};
  const auto found = racks_.find(name);
  if (found == racks_.end()) return reasons;
  for (const auto& [other_name, other] : racks_) {
    if (other_name == name || other.dc_bus != found->second.dc_bus) continue;
    const auto why = refusal(name, found->second, other_name, other, now_us);
    if (!why.empty()) reasons.push_back("parallel_block: " + why);
  }
  return reasons;
}

} // namespace voltaic::actors::command
