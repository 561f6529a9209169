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
#include "actors/simulator/serial_line_model.hpp"
#include "nodes/simulate/simulated_line.hpp"
#include "nodes/simulate/targets.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// What is simulated on a site's lines, on virtual time: power equipment, and what it gives and
/// takes of each other, and batteries on plain RS-485.
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
    std::map<std::uint8_t, const site::device*> devices;             ///< by unit or address
    std::unique_ptr<actors::simulator::serial_line_model> batteries; ///< of plain RS-485
    std::unique_ptr<simulated_line> line;                            ///< ends before what it asks
  };
  void add(const site::plan& plan, const site::modbus_line& line, std::int64_t now_us);

  [[nodiscard]] simulated_line::end_maker end_of(const site::modbus_line& line,
                                                 played_line& played);
  /// What is told, to whom it is for; time to the devices of racks, which live on it.
  static void hand_out(const played_line& played, bus::modbus::poll&& told,
                       const poll_handler& on_poll);

  std::map<std::string, std::unique_ptr<actors::simulator::equipment_model>, std::less<>> models_;
  std::map<std::string, played_line, std::less<>> lines_;
};

} // namespace voltaic::nodes::simulate
