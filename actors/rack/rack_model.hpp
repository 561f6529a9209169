#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/rack/elements_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/watched_points.hpp"
#include "messages/profiles/device_profile.hpp"

/// What a rack is as a whole, from what its device says of its parts.
namespace voltaic::actors::rack {

/// Which rack the model aggregates, and what its device says.
struct model_options {
  std::string name;                                                  ///< "rack_0"
  std::string device;                                                ///< "bms_0"
  std::shared_ptr<const messages::profiles::device_profile> profile; ///< of the device

  /// Everything that is wrong, at once; empty when nothing is.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// Pure. Extremes and averages over the elements that are good, and of the modules' sums where the
/// profile asks for them; the quality is the worst of all, and who was left out is named. Power is
/// voltage times current where the device does not report it.
class model {
 public:
  explicit model(model_options options);

  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }

  /// The device's catalogue: which of its points is which.
  void learn(const messages::catalogue& device);

  /// What follows from the device's telemetry; empty when nothing does.
  [[nodiscard]] messages::telemetry step(const messages::telemetry& device);

 private:
  /// The points that summarise elements, or modules of them.
  struct aggregate {
    std::uint32_t group_size = 0; ///< elements a module, by which those left out are named
    std::string_view element;     ///< what one of them is called
    std::optional<std::uint16_t> minimum, minimum_index, maximum, maximum_index, average;
  };
  struct array {
    std::string point; ///< full name at the device
    reading as;
    std::uint32_t group_size = 0;
    aggregate elements;
    std::optional<aggregate> modules;
    std::optional<std::uint16_t> source; ///< position in the device's catalogue
  };

  void describe_array(const messages::profiles::point& point);
  aggregate describe_extremes(const messages::profiles::point& of, bool lowest, bool highest);
  std::uint16_t add_point(const messages::profiles::point& point, const std::string& suffix,
                          const std::string& channel_suffix, bool is_index);
  void describe_power();
  void summarise_array(const array& which, const messages::block& block,
                       messages::telemetry& out) const;
  void tell(const aggregate& which, const elements& of, const messages::block& block,
            messages::telemetry& out) const;
  void multiply(messages::telemetry& out) const;

  model_options options_;
  std::vector<messages::point_description> points_;
  messages::catalogue catalogue_;
  std::vector<array> arrays_;
  std::optional<std::uint16_t> power_;
  messages::points::watched_points factors_; ///< of the power
  std::size_t voltage_ = 0;
  std::size_t current_ = 0;
  std::optional<std::uint64_t> device_fingerprint_;
};

} // namespace voltaic::actors::rack
