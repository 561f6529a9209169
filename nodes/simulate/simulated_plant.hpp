#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/simulator/equipment_model.hpp"
#include "nodes/simulate/simulated_line.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// The power equipment of a site on virtual time: every line whose units are
/// simulated, and what they give and take of each other.
class simulated_plant {
 public:
  /// Hears what a line tells of the named device.
  using poll_handler = std::function<void(const site::device& device, bus::modbus::poll&& told)>;
  using answer_handler =
      std::function<void(const site::device& device, bus::modbus::write_answer&& told)>;

  /// The plan must outlive the plant. Throws std::invalid_argument when a line's
  /// devices cannot be asked.
  simulated_plant(const site::plan& plan, std::int64_t now_us);

  /// As `bus::modbus::line::write`; false when nobody plays the line.
  [[nodiscard]] bool write(std::string_view line, bus::modbus::write_request request);
  /// False: no such device or point, or it refuses the value.
  bool set(const equipment_overlay& what);
  /// What flows through the racks behind a device, where it is played.
  void carry(std::string_view device, double current_a);
  /// Lets everything live until now, and tells what the lines tell.
  void step(messages::instant now, const poll_handler& on_poll, const answer_handler& on_answer);
  /// Answers on all lines that came after their request was given up.
  [[nodiscard]] std::uint64_t late() const;

 private:
  struct played_line {
    std::map<std::uint8_t, const site::device*> devices;
    std::unique_ptr<simulated_line> line;
  };
  void add(const site::plan& plan, const site::modbus_line& line, std::int64_t now_us);

  std::map<std::string, std::unique_ptr<actors::simulator::equipment_model>, std::less<>> models_;
  std::map<std::string, played_line, std::less<>> lines_;
};

} // namespace voltaic::nodes::simulate
