#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/expected.hpp"

/// What events mean, in words for people: one file a language, all with the same keys.
namespace voltaic::messages::alarms {

/// What somebody wants to know who reads an event.
struct explanation {
  std::string text;        ///< what happened, in a few words
  std::string cause;       ///< why that may be
  std::string consequence; ///< what follows from it, and what the runtime does about it
  std::string remedy;      ///< what to do
  friend bool operator==(const explanation&, const explanation&) = default;
};

/// The parts of a file in which names are explained.
namespace section {
inline constexpr std::string_view protection = "protection"; ///< candidates
inline constexpr std::string_view contactor = "contactor";   ///< states
/// Why contactors changed their state.
inline constexpr std::string_view contactor_reason = "contactor_reason";
inline constexpr std::string_view limits = "limits";
inline constexpr std::string_view system = "system";   ///< codes, and states without a code
inline constexpr std::string_view command = "command"; ///< codes and outcomes
} // namespace section

/// The texts of one language.
class alarm_texts {
 public:
  /// Refuses what is no JSON object of objects of texts, an entry that lacks a field or has an
  /// empty one, and an unknown field; `file` is the name that is put before the reason.
  [[nodiscard]] static expected<alarm_texts> parse(std::string_view text, std::string_view file);

  /// What an event means: with its level, its edge and what was done about it. Empty texts
  /// where nobody knows its code.
  [[nodiscard]] explanation of(const event& said) const;
  /// What a level of a candidate means, whoever asks for it; empty where it is unknown.
  [[nodiscard]] explanation of_own(std::string_view candidate) const;
  [[nodiscard]] explanation of_candidate(std::string_view candidate, std::string_view level) const;

  /// What people call a part of an explanation: "cause".
  [[nodiscard]] std::string label(std::string_view part) const { return word("label", part); }

  /// `protection/cell_overvoltage`, `words/edge/set`: all that this language says, sorted.
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] bool has(std::string_view section, std::string_view name) const;

 private:
  struct entry {
    explanation words;
    std::map<std::string, std::string, std::less<>> levels; ///< consequences that differ
  };
  using entries = std::map<std::string, entry, std::less<>>;

  [[nodiscard]] const entry* find(std::string_view section, std::string_view name) const;
  [[nodiscard]] std::string word(std::string_view group, std::string_view name) const;
  [[nodiscard]] std::string done_about(const event& said) const;
  [[nodiscard]] explanation of_protection(const event& said) const;
  /// An edge other than `set`: what follows from it and what to do are its own.
  [[nodiscard]] explanation of_edge(const event& said, explanation words) const;
  [[nodiscard]] explanation of_contactor(const event& said) const;
  /// Why a contactor moved: by itself, or by protection.
  [[nodiscard]] explanation of_reason(std::string_view reason) const;

  std::map<std::string, entries, std::less<>> sections_;
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> words_;
};

/// "de" of "de_DE.UTF-8"; "en" of "C", "POSIX" and nothing.
[[nodiscard]] std::string language_of(std::string_view locale);
/// The languages that are there, sorted: "en" is always one.
[[nodiscard]] std::vector<std::string_view> languages();
/// The texts of a language, or of English where there is none of it.
[[nodiscard]] const alarm_texts& texts_in(std::string_view language);

} // namespace voltaic::messages::alarms
