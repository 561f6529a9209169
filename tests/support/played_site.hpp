#pragma once

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/loaded_site.hpp"
#include "support/temporary_folder.hpp"

namespace voltaic::tests {

/// A simulated site in a folder of its own, with the project's profiles and protection files and
/// one profile that the test wrote.
class played_site {
 public:
  /// `profile` becomes profiles/NAME.json.
  played_site(const std::string& text, const std::string& name, const nlohmann::json& profile) {
    const std::string configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";
    std::filesystem::copy(configs + "/profiles", folder_.path() / "profiles");
    std::filesystem::copy(configs + "/protection", folder_.path() / "protection");
    std::ofstream(folder_.path() / "profiles" / (name + ".json")) << profile.dump(1);
    plan = sound(load(text));
    running = std::make_unique<nodes::simulate::simulated_site>(
        plan, nodes::simulate::simulated_site_options{});
  }

  /// A site file beside this one's profiles.
  [[nodiscard]] std::variant<nodes::site::plan, messages::findings> load(
      const std::string& text) const {
    return nodes::site::load_text(text, folder_ / "site.toml");
  }

  void pass(int seconds) {
    const auto end_us = running->now().monotonic_us + seconds * messages::us_per_s;
    while (running->now().monotonic_us < end_us) {
      running->step();
      for (const auto& heard : running->take_messages()) {
        if (const auto* event = std::get_if<messages::event>(&heard.payload))
          events.push_back(*event);
        if (const auto* result = std::get_if<messages::result>(&heard.payload))
          results.push_back(*result);
      }
    }
  }

  /// What a person's command came to.
  messages::result ask(const std::string& operation, const std::string& point = "rack_0") {
    auto command = nodes::simulate::make_command(operation, point, ++number_);
    command.deadline_utc_us = running->now().utc_us + nodes::simulate::command_deadline_us;
    running->send(std::move(command));
    results.clear();
    pass(answer_s_max);
    REQUIRE(results.size() == 1);
    return results.front();
  }

  /// A point's value as people read it; "-" of one that does not exist.
  [[nodiscard]] std::string text(const std::string& point) const {
    const auto found = running->points().find(point);
    return found ? messages::points::value_text(*found) : "-";
  }

  nodes::site::plan plan;
  std::unique_ptr<nodes::simulate::simulated_site> running;
  std::vector<messages::event> events; ///< since the start, or since the test cleared them
  std::vector<messages::result> results;

 private:
  /// Longer than the deadline of a command.
  static constexpr int answer_s_max = 8;

  temporary_folder folder_;
  std::size_t number_ = 0;
};

} // namespace voltaic::tests
