#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "messages/configuration/identity.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// The alarm that stands while a rack's device is another one than the known one, and the warning
/// while nobody accepted the one that was heard first.
inline constexpr const char* identity_changed = "identity_changed";
inline constexpr const char* identity_not_accepted = "identity_not_accepted";

/// What a device says of itself comes in several messages: it is told and kept this long after the
/// first of them.
inline constexpr std::int64_t identity_gather_us = messages::us_per_s;
/// The next change is told and kept this long after the last one.
inline constexpr std::int64_t identity_repeat_us = 10 * messages::us_per_s;
/// A device counts as the known one again when it said nothing else for this long.
inline constexpr std::int64_t identity_steady_us = 10 * messages::us_per_s;

/// Whether a rack's device is the one that is known: it bars closing from the first value on that
/// is another one. Values that nobody knew are known from when they are heard first, and stand as
/// not accepted. Silence says nothing, so what was said last holds; but while an accepted device is
/// silent on itself it may be another one, and bars closing as well. Pure.
class identity_model {
 public:
  /// `kept`: of a former life.
  explicit identity_model(std::optional<messages::configuration::kept_identity> kept);

  /// The device says a value of itself.
  void hear(const std::string& name, std::string value);
  /// It does not say that any more, or says nothing that can be used.
  void lose(const std::string& name);
  /// It can say no more than this: what else was accepted is not waited for.
  using names = std::set<std::string, std::less<>>;
  void expect(names all);

  /// What an alarm comes to.
  enum class edge : std::uint8_t { none, set, clear };
  /// What a step wants to be done, in this order.
  struct news {
    bool is_to_keep = false;      ///< `kept` is another one than was kept last
    edge changed = edge::none;    ///< of the alarm that it is another device
    edge unaccepted = edge::none; ///< of the warning that nobody accepted it
  };
  [[nodiscard]] news step(std::int64_t now_us);

  /// It is another device, or was one just now.
  [[nodiscard]] bool bars_closing() const { return bars_closing_; }
  /// Somebody accepted it, and a value of what was accepted was not heard in this life, or not
  /// since the device was silent on it: nobody knows that it is the same one.
  [[nodiscard]] bool is_awaited() const { return kept_.accepted_by && !first_awaited_.empty(); }
  /// The first of what is known of it and was not heard so, accepted or not; empty: all was.
  [[nodiscard]] const std::string& first_awaited() const { return first_awaited_; }
  /// Somebody accepted it, all of it, and it says nothing else.
  [[nodiscard]] bool is_accepted() const { return kept_.accepted_by && !is_other(); }
  /// Something was heard, now or in a former life.
  [[nodiscard]] bool is_known() const { return !kept_.known.empty(); }
  [[nodiscard]] const messages::configuration::kept_identity& kept() const { return kept_; }
  /// "serial_number: 4711 -> 4712"
  [[nodiscard]] std::vector<std::string> differences() const;

  /// What is known once this person accepted the device as it is.
  [[nodiscard]] messages::configuration::kept_identity accepted(
      messages::configuration::approver by) const;
  /// Such an acceptance is in the journal.
  void take(const messages::configuration::kept_identity& accepted);

 private:
  [[nodiscard]] bool is_other() const;
  void take_value(const std::string& name, std::string value);
  void judge_awaited();

  messages::configuration::kept_identity kept_;
  std::optional<messages::configuration::kept_identity> stored_; ///< what the journal was given
  bool bars_closing_ = false;
  names heard_;                   ///< in this life, and not lost since
  std::optional<names> expected_; ///< nothing: nobody knows what it can say
  std::string first_awaited_;
  bool has_news_ = false;
  std::optional<std::int64_t> due_us_;  ///< when news are told
  std::optional<std::int64_t> told_us_; ///< when the last ones were
  std::optional<std::int64_t> same_since_us_;
  std::optional<messages::configuration::identity> alarmed_; ///< what the standing alarm tells
  bool is_warned_ = false;
};

} // namespace voltaic::actors::protection
