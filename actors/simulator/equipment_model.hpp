#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/modbus/registers.hpp"
#include "messages/modbus/served_unit.hpp"

/// Power equipment as its Modbus registers show it, simulated. Pure: time is told.
namespace voltaic::actors::simulator {

/// Where a point of the equipment lies in its registers.
struct register_place {
  std::string_view point;
  messages::modbus::table table = messages::modbus::table::input;
  std::uint16_t address = 0;
  messages::modbus::register_type type = messages::modbus::register_type::u16;
  double scale = 1; ///< value = raw * scale
  messages::modbus::word_order order = messages::modbus::word_order::abcd;
  std::uint32_t count = 1;    ///< elements, one behind the other
  std::uint8_t first_bit = 0; ///< of a number of bits in an input register
  std::uint8_t bit_count = 0; ///< 0: the whole number
};

/// What a scenario does to a point or to the whole unit.
enum class equipment_effect : std::uint8_t {
  value,      ///< shows this; a register that is written takes it, as from a person at the device
  invalid,    ///< shows what means "no value" in its type
  freeze,     ///< shows what it showed last, for ever
  silent,     ///< whoever asks for it gets no answer
  exception,  ///< whoever asks for it gets this Modbus exception
  late,       ///< only of a whole unit: answers so many ms later
  checksum,   ///< the same, on plain RS-485: one bit of each answer is another one
  half_frame, ///< of each answer only the first half comes
  noise,      ///< foreign bytes stand before and behind each answer
  release     ///< as it was before
};
/// Whether it is a fault of frames on plain RS-485, which no Modbus unit has.
[[nodiscard]] constexpr bool is_of_frames(equipment_effect effect) {
  return effect == equipment_effect::checksum || effect == equipment_effect::half_frame ||
         effect == equipment_effect::noise;
}

/// What a unit answers to a request.
struct equipment_answer {
  std::vector<std::uint8_t> pdu; ///< empty: nothing
  std::int64_t delay_us = 0;     ///< from the request
};

/// One unit with input and holding registers.
class equipment_model : public messages::modbus::served_unit {
 public:
  /// Lives until `now_us`, monotonic; the first call only starts its clock.
  void step(std::int64_t now_us);

  /// Power that it gives to the site, in W; what it takes is negative.
  [[nodiscard]] virtual double power_w() const { return 0; }
  /// What all others give, for equipment that measures.
  virtual void observe(double power_w) { (void)power_w; }
  /// What flows through the racks behind it, for equipment that measures it; positive on discharge.
  virtual void carry(double current_a) { (void)current_a; }

  /// Lays something over a point (`point` empty: over the whole unit). `index`
  /// empty: all elements. False: there is no such point or element, it cannot be
  /// treated so, or the device refuses the value.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value);
  /// What the unit says to a request, whatever its bytes.
  [[nodiscard]] equipment_answer answer(std::span<const std::uint8_t> pdu);

  [[nodiscard]] std::optional<messages::modbus::exception> read(
      messages::modbus::table from, std::uint16_t address,
      std::span<std::uint16_t> values) override;
  [[nodiscard]] std::optional<messages::modbus::exception> write(
      messages::modbus::table to, std::uint16_t address,
      std::span<const std::uint16_t> values) override;

 protected:
  using register_type = messages::modbus::register_type;
  /// `places` outlive the model.
  equipment_model(std::size_t inputs, std::size_t holdings, std::span<const register_place> places)
      : input_(inputs), holding_(holdings), places_(places) {}

  /// The time that passed since the step before.
  virtual void advance(double seconds) = 0;
  /// Whether the holding registers may become these.
  [[nodiscard]] virtual bool accepts(const std::vector<std::uint16_t>& wanted) const = 0;
  /// Called after holding registers were written.
  virtual void written(std::uint16_t address, std::size_t count);

  /// Shows a value where it belongs, limited to what its registers hold, unless
  /// a scenario laid something over it.
  void show(const register_place& place, double value, std::uint32_t index = 0);
  /// Fixed content of input registers.
  void show_raw(std::uint16_t address, std::uint16_t value);
  void show_text(std::uint16_t address, std::string_view text, std::size_t registers);
  void hold(const register_place& place, double value);
  /// Holding registers that lie apart from the others and only show something.
  void show_block(std::uint16_t address, std::vector<std::uint16_t> registers);
  /// In the place's unit.
  [[nodiscard]] static double held(const std::vector<std::uint16_t>& holding,
                                   const register_place& place);
  [[nodiscard]] double held(const register_place& place) const { return held(holding_, place); }

 private:
  struct overlay {
    equipment_effect effect = equipment_effect::release;
    double value = 0;
    std::optional<double> shown; ///< last
  };
  using element = std::pair<std::string_view, std::uint32_t>; ///< point and index
  [[nodiscard]] bool set_element(const register_place& place, std::uint32_t index,
                                 equipment_effect effect, double value);
  [[nodiscard]] bool write_as_person(const register_place& place, double value);
  void put(const register_place& place, std::uint32_t index, double value);
  void put_invalid(const register_place& place, std::uint32_t index);
  /// What a scenario does to the registers that are asked for.
  [[nodiscard]] const overlay* disturbance(messages::modbus::table table, std::uint16_t address,
                                           std::size_t count) const;

  std::vector<std::uint16_t> input_;
  std::vector<std::uint16_t> holding_;
  std::uint16_t block_address_ = 0;
  std::vector<std::uint16_t> block_; ///< read only
  std::span<const register_place> places_;
  std::map<element, overlay> overlays_;
  overlay unit_;             ///< what is laid over all of it
  bool is_silenced_ = false; ///< a silent point was asked for
  std::int64_t last_us_ = 0;
  bool started_ = false;
};

/// "inverter", "hvac" or "meter"; anything else is null.
[[nodiscard]] std::unique_ptr<equipment_model> make_equipment(std::string_view kind);

} // namespace voltaic::actors::simulator
