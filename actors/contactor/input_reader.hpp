#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/contactor/contactor_model.hpp"
#include "actors/contactor/finding_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/first_value.hpp"
#include "messages/points/last_news.hpp"

namespace voltaic::actors::contactor {

/// What an input means to the contactors. A reset key opens nothing.
enum class input_role : std::uint8_t { stop, interlock, fire, reset_key };

/// An input, as the site file names it.
struct input_options {
  input_role role = input_role::stop;
  std::string point;  ///< "dio_0/emergency_stop": active unless it is 0
  std::string source; ///< the actor that says it
};

/// An input that nobody speaks of for this long, or for three of its periods, counts as active.
inline constexpr std::int64_t input_silence_us_min = 300'000;

/// Keeps what is known of a rack's inputs. Times are the node's: an input may come from
/// outside the chain.
class input_reader {
 public:
  explicit input_reader(std::vector<input_options> inputs);

  void learn(const messages::catalogue& described);
  /// True: something of an input was said.
  bool take(const messages::telemetry& said, std::int64_t heard_us);
  /// Those that are active, or count as such. One that never spoke opens but does not
  /// lock: nobody said that it burns.
  [[nodiscard]] std::vector<active_input> active(std::int64_t now_us) const;
  /// Those of which nobody knows what they are.
  [[nodiscard]] std::vector<unreadable_input> unreadable(std::int64_t now_us) const;
  /// Of the reset key; nothing: it is not known, or there is none.
  [[nodiscard]] std::optional<bool> key(std::int64_t now_us) const;
  /// "dio_0/key"; empty: there is none.
  [[nodiscard]] std::string key_point() const;
  [[nodiscard]] const std::vector<input_options>& inputs() const { return inputs_; }

 private:
  struct known {
    std::uint64_t fingerprint = 0;
    std::optional<std::uint16_t> position;
    messages::points::number_scale scale;
    std::int64_t silence_us = input_silence_us_min;
    bool is_active = true;
    bool is_said = false; ///< when it was last spoken of, its state was known
    messages::points::last_news news;
    [[nodiscard]] bool is_heard(std::int64_t now_us) const {
      return is_said && news.is_fresh(now_us, silence_us - 1);
    }
  };
  std::vector<input_options> inputs_;
  std::vector<known> known_; ///< one each
};

} // namespace voltaic::actors::contactor
