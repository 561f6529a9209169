#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "actors/contactor/contactor_model.hpp"

// What bars a closing, and whether one may begin.
namespace voltaic::actors::contactor {

// Symmetric: a rack above the bus is as bad as one below. A bus with a remainder of charge
// and nobody else on it is what precharge is for; one above the rack never is, nor one that is
// live the other way round. What is not known may be as far apart as can be.
std::vector<std::string> contactor_model::refuse_parallel() const {
  if (!device_.rack_v || !device_.bus_v) return {unknown_voltage()};
  if (std::abs(*device_.bus_v) < options_.live_bus_v) return {};
  const double above_v = *device_.rack_v - *device_.bus_v;
  const bool is_reversed = *device_.bus_v < 0;
  const bool is_too_far = options_.shares_bus ? std::abs(above_v) > options_.parallel_difference_v
                                              : above_v < -options_.parallel_difference_v;
  if (!is_too_far && !is_reversed) return {};
  return {
      fmt::format("parallel_block: {} has {:.1f} V and its DC bus {:.1f} V, at most "
                  "{:g} V apart are joined",
                  options_.rack, *device_.rack_v, *device_.bus_v, options_.parallel_difference_v)};
}

std::string contactor_model::unknown_voltage() const {
  const auto* what = device_.rack_v  ? "the voltage of its DC bus is"
                     : device_.bus_v ? "its own voltage is"
                                     : "its own voltage and that of its DC bus are";
  return fmt::format("parallel_block: {}: {} not known, and only what is near each other is joined",
                     options_.rack, what);
}

std::vector<std::string> contactor_model::close_refusals() const {
  std::vector<std::string> refused;
  if (!options_.close_barred_by.empty())
    refused.push_back("closing is not permitted in this site: " + options_.close_barred_by);
  if (!bar_.empty()) refused.push_back(bar_);
  if (!loaded_) refused.emplace_back("latches are not loaded");
  for (auto& why : locks()) refused.push_back(std::move(why));
  for (const auto& input : inputs_) {
    refused.push_back(fmt::format("{} is {}", input.name, input.why));
  }
  if (!permit_us_ || last_us_ - *permit_us_ >= options_.permit_silence_us) {
    refused.emplace_back("protection is silent");
  } else if (!permit_.granted || !permit_.close_allowed) {
    refused.insert(refused.end(), permit_.reasons.begin(), permit_.reasons.end());
    if (permit_.reasons.empty()) refused.emplace_back("protection does not allow it");
  }
  if (!known(device_)) refused.emplace_back("feedback of the contactors is unknown");
  for (auto& why : refuse_parallel()) refused.push_back(std::move(why));
  if (!heat_.has_room(device_)) {
    refused.emplace_back(std::string(precharge_hot) + ": the precharge resistor has to cool");
  }
  return refused;
}

std::vector<std::string> contactor_model::refuse_close() const {
  auto refused = close_refusals();
  if (state_ != state::open) {
    refused.push_back(state_ == state::pause
                          ? "another closing waits for its time"
                          : fmt::format("the contactors are {}", duty_of(state_).shown));
  }
  return refused;
}

std::vector<std::string> contactor_model::request_close() {
  auto refused = refuse_close();
  if (refused.empty()) close_wanted_ = true;
  return refused;
}

std::int64_t contactor_model::wait_us() const {
  if (!closing_us_) return 0;
  return std::max<std::int64_t>(*closing_us_ + options_.spacing_us - last_us_, 0);
}

} // namespace voltaic::actors::contactor
