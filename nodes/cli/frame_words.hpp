#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus/can/id_filter.hpp"
#include "messages/dbc/database_report.hpp"
#include "messages/profiles/frame_report.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// What one frame says.
struct frame_meaning {
  std::optional<bool> is_known; ///< nothing: there is nobody to ask
  std::string message;          ///< "bms_0 state", empty: none
  std::string values;
};

/// Words for the frames of a bus, by profiles or a DBC file.
class frame_words {
 public:
  /// Frames of a device, whose messages are named with it where it has a name.
  [[nodiscard]] messages::expected<bool> add(const std::string& device,
                                             messages::profiles::device_profile profile,
                                             std::uint32_t id_offset);
  void add(messages::dbc::database database);
  /// Identifiers that are known though nothing decodes them: what a site itself sends.
  void add_known(std::vector<bus::can::id_range> ranges);

  [[nodiscard]] frame_meaning read(const messages::can::frame& frame);

 private:
  struct reader {
    std::string name;
    messages::profiles::frame_report report;
  };
  std::vector<reader> devices_;
  std::vector<messages::dbc::database_report> databases_;
  bus::can::id_filter known_;
  bool can_tell_ = false;
};

/// Of all devices on a bus of a site.
[[nodiscard]] messages::expected<frame_words> words_of_site(const site::plan& plan,
                                                            const std::string& bus);

} // namespace voltaic::nodes::cli
