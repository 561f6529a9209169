#pragma once

#include <string>

#include "messages/alarms/alarm_texts.hpp"
#include "messages/codec/codec.hpp"
#include "messages/expected.hpp"
#include "nodes/cli/command_options.hpp"

namespace voltaic::nodes::cli {

/// How events are printed.
struct event_manner {
  bool as_json = false;
  bool explains = false; ///< with cause, consequence and remedy
  std::string language;  ///< empty: that of the environment
};

/// Prints events to standard output, with what they mean in words.
class event_printer {
 public:
  /// Refuses a language that is asked for by name and is not there. That of the
  /// environment (LC_ALL, LC_MESSAGES, LANG) may be missing: then it is English.
  [[nodiscard]] static messages::expected<event_printer> make(event_manner how);
  /// The message must be an event.
  void print(const messages::message& said) const;

 private:
  event_printer(event_manner how, const messages::alarms::alarm_texts& texts)
      : how_(std::move(how)), texts_(&texts) {}
  void print_explanation(const messages::alarms::explanation& words) const;

  event_manner how_;
  const messages::alarms::alarm_texts* texts_;
};

/// What an event says on one line: its text, then in brackets what exactly was said.
[[nodiscard]] std::string event_words(const messages::event& said,
                                      const messages::alarms::explanation& words);

/// The texts in a language that was asked for by name, or in that of the environment.
[[nodiscard]] messages::expected<const messages::alarms::alarm_texts*> texts_for(
    const std::string& language);

/// `--language`.
void declare_language_option(command_options& app, std::string& to);

} // namespace voltaic::nodes::cli
