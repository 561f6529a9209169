#include "actors/can_device/canopen_mapping_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;

constexpr std::uint16_t transmit_record = 0x1800;
constexpr std::uint16_t mapping_behind_record = 0x200; ///< 1A00 belongs to 1800
/// Bit 31: the PDO is off; bit 30: it may not be asked for, which is the device's affair.
constexpr std::uint64_t cob_id_mask = 0xBFFF'FFFF;
/// Read before the entries: the identifier and the count.
constexpr std::size_t head = 2;

// The profile's own, which its loader has measured.
canopen::pdo_layout layout_of(std::span<const canopen::mapped_object> objects) {
  auto made = canopen::pdo_layout::make(objects);
  return made ? *std::move(made) : canopen::pdo_layout();
}

} // namespace

read_mapping::read_mapping(const messages::profiles::canopen_pdo& of, std::uint32_t id_offset)
    : of_(of), cob_id_(of.cob_id + id_offset), wanted_(layout_of(of.objects)) {}

void read_mapping::begin() {
  step_ = 0;
  count_ = 0;
  found_.clear();
  places_.clear();
  there_.reset();
}

std::optional<canopen::object_address> read_mapping::next() const {
  const auto record = static_cast<std::uint16_t>(transmit_record + of_.which.number);
  const auto mapping = static_cast<std::uint16_t>(record + mapping_behind_record);
  if (step_ == 0) return canopen::object_address{record, 1};
  if (step_ == 1) return canopen::object_address{mapping, 0};
  if (step_ - head < count_)
    return canopen::object_address{mapping, static_cast<std::uint8_t>(step_ - head + 1)};
  return std::nullopt;
}

std::string read_mapping::take(std::uint64_t value) {
  const auto at = step_++;
  if (at == 0) {
    if ((value & cob_id_mask) == cob_id_) return "";
    return fmt::format("its identifier is {:08X} instead of {:08X}, to be stated as \"id\"", value,
                       cob_id_);
  }
  if (at == 1) {
    count_ = static_cast<std::size_t>(value);
    if (value >= 1 && value <= canopen::mapped_objects_max) return "";
    return fmt::format("{} objects are mapped, 1 to {} can be", value, canopen::mapped_objects_max);
  }
  found_.push_back(canopen::read_mapping_entry(static_cast<std::uint32_t>(value)));
  return found_.size() < count_ ? "" : lay_out();
}

std::string read_mapping::lay_out() {
  auto made = canopen::pdo_layout::make(found_);
  if (!made) return made.error().text;
  for (const auto& each : of_.objects) {
    const auto place =
        std::ranges::find(found_, each.of, &canopen::mapped_object::of) - found_.begin();
    if (static_cast<std::size_t>(place) == found_.size())
      return fmt::format("{} is not in it", canopen::to_string(each.of));
    const auto& object = found_[static_cast<std::size_t>(place)];
    if (object.bits != each.bits)
      return fmt::format("{} has {} bits instead of {}", canopen::to_string(each.of), object.bits,
                         each.bits);
    places_.push_back(static_cast<std::size_t>(place));
  }
  there_ = *std::move(made);
  return "";
}

std::optional<messages::can::frame> read_mapping::arranged(
    const messages::can::frame& heard) const {
  if (!there_) return std::nullopt;
  auto made = heard;
  made.data.fill(0);
  made.length = 0;
  const auto values = there_->unpack(std::span(heard.data).first(heard.length));
  if (!values) return made;
  std::vector<std::uint64_t> mine;
  for (const auto place : places_) mine.push_back((*values)[place]);
  const auto bytes = wanted_.pack(mine);
  std::ranges::copy(bytes, made.data.begin());
  made.length = static_cast<std::uint8_t>(bytes.size());
  return made;
}

} // namespace voltaic::actors::can_device
