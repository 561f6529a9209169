#include "messages/canopen/described_pdos.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "messages/canopen/identifiers.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint16_t pdos_max = 512; // CiA 301, 7.2.2
constexpr std::uint16_t receive_communication = 0x1400;
constexpr std::uint16_t receive_mapping = 0x1600;
constexpr std::uint16_t transmit_communication = 0x1800;
constexpr std::uint16_t transmit_mapping = 0x1A00;
constexpr std::uint16_t predefined_pdos = 4;
/// Of the identifier in a communication record (CiA 301, 7.5.2.33).
constexpr std::uint32_t disabled_bit = 0x8000'0000;
constexpr std::uint32_t extended_bit = 0x2000'0000;
constexpr std::uint32_t identifier_mask = 0x7FF;
constexpr std::uint8_t identifier_sub = 1;
constexpr std::uint8_t transmission_sub = 2;
constexpr std::uint8_t event_timer_sub = 5;

class pdo_reader {
 public:
  pdo_reader(const device_description& device, std::uint8_t node,
             std::vector<std::string>& left_out)
      : device_(device), node_(node), left_out_(left_out) {}

  void read(const pdo_number& which) {
    const auto communication = static_cast<std::uint16_t>(
        (which.is_transmit ? transmit_communication : receive_communication) + which.number);
    if (!device_.groups.contains(communication) &&
        device_.find({communication, identifier_sub}) == nullptr)
      return;
    described_pdo made;
    made.which = which;
    if (auto why = fill(made, communication)) {
      left_out_.push_back(fmt::format("{}: {}", made.name(), *why));
      return;
    }
    found_.push_back(std::move(made));
  }

  std::vector<described_pdo> take() { return std::move(found_); }

 private:
  /// Why it is none that is used.
  std::optional<std::string> fill(described_pdo& made, std::uint16_t communication) {
    if (auto why = find_identifier(made, communication)) return why;
    if (const auto type = device_.number({communication, transmission_sub}, node_))
      made.transmission = static_cast<std::uint8_t>(*type);
    const object_address timer{communication, event_timer_sub};
    if (const auto* object = device_.find(timer)) {
      made.event_ms = static_cast<std::uint16_t>(device_.number(timer, node_).value_or(0));
      made.takes_event_timer = is_writable(object->access);
    }
    const auto mapping = made.which.is_transmit ? transmit_mapping : receive_mapping;
    made.mapping = device_.mapping(static_cast<std::uint16_t>(mapping + made.which.number), node_);
    if (made.mapping.empty()) return "maps no object";
    const auto layout = pdo_layout::make(made.mapping);
    if (!layout) return layout.error().text;
    if (!identifiers_.insert(made.cob_id).second)
      return fmt::format("has the identifier {:03X} of an earlier one", made.cob_id);
    return std::nullopt;
  }

  std::optional<std::string> find_identifier(described_pdo& made, std::uint16_t communication) {
    auto stated = device_.number({communication, identifier_sub}, node_);
    if (!stated && made.which.number < predefined_pdos)
      stated = cob_id({made.which.is_transmit ? service::transmit_pdo : service::receive_pdo, node_,
                       static_cast<std::uint8_t>(made.which.number + 1)});
    if (!stated) return "has no identifier";
    if ((*stated & disabled_bit) != 0) return "is disabled";
    if ((*stated & extended_bit) != 0) return "has an identifier of 29 bits";
    made.cob_id = static_cast<std::uint32_t>(*stated) & identifier_mask;
    if (is_restricted(made.cob_id))
      return fmt::format("no PDO may have the identifier {:03X}", made.cob_id);
    return std::nullopt;
  }

  const device_description& device_;
  const std::uint8_t node_;
  std::vector<std::string>& left_out_;
  std::vector<described_pdo> found_;
  std::set<std::uint32_t> identifiers_;
};

} // namespace

std::string described_pdo::name() const {
  return fmt::format("{} {}", which.is_transmit ? "TPDO" : "RPDO", which.number + 1);
}

bool described_pdo::is_synchronous() const {
  constexpr std::uint8_t last = 240;
  return transmission && *transmission <= last;
}

std::vector<described_pdo> described_pdos(const device_description& of, std::uint8_t node,
                                          std::vector<std::string>& left_out) {
  pdo_reader reader(of, node, left_out);
  for (const bool is_transmit : {true, false})
    for (std::uint16_t i = 0; i < pdos_max; ++i) reader.read({is_transmit, i});
  return reader.take();
}

} // namespace voltaic::messages::canopen
