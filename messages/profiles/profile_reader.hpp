#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "messages/profiles/json_tree.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::messages::profiles {

/// One spelling of an enum in a profile.
template <class Enum>
struct spelling {
  std::string_view name;
  Enum value;
};

/// Reads the members of one JSON object and notes what is wrong with them. A
/// member that is absent or wrong reads as nullopt, so that reading goes on.
class object_reader {
 public:
  /// Notes unknown and missing keys at once; `kind` names the object in `rules`.
  object_reader(finding_collector& found, const json_node& node, std::string_view kind,
                std::string path, std::size_t offset,
                std::span<const key_rule> rules = key_rules());

  [[nodiscard]] bool is_object() const { return node_.type == json_node::kind::object; }
  [[nodiscard]] bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Of the key if it is there, else of the object's own key.
  [[nodiscard]] std::size_t offset(std::string_view key) const;
  [[nodiscard]] std::size_t offset() const { return offset_; }

  /// "points.cell_voltage.scale: text" at the key's place.
  void add(std::string_view key, std::string_view text) const;
  /// "points.cell_voltage: text" at the object's own key.
  void add(std::string_view text) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
  /// The member if it is a text; one of another type is not noted.
  [[nodiscard]] std::optional<std::string> text_if(std::string_view key) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
  /// A finite number.
  [[nodiscard]] std::optional<double> number(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t minimum,
                                                    std::int64_t maximum) const;
  template <class Integer>
  [[nodiscard]] std::optional<Integer> whole(std::string_view key, Integer minimum,
                                             Integer maximum) const {
    const auto value = integer(key, minimum, maximum);
    if (!value) return std::nullopt;
    return static_cast<Integer>(*value);
  }
  template <class Enum>
  [[nodiscard]] std::optional<Enum> choice(std::string_view key,
                                           std::span<const spelling<Enum>> spellings) const {
    const auto name = text(key);
    if (!name) return std::nullopt;
    std::string expected = "expected one of";
    for (const auto& candidate : spellings) {
      if (candidate.name == *name) return candidate.value;
      expected.append(&candidate == spellings.data() ? " " : ", ").append(candidate.name);
    }
    add(key, expected);
    return std::nullopt;
  }
  /// The member if it is an object, else noted.
  [[nodiscard]] const json_node* object(std::string_view key) const;
  /// The member if it is an array of at most `elements_max`, else noted.
  [[nodiscard]] const json_node* array(std::string_view key, std::size_t elements_max) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

  [[nodiscard]] finding_collector& found() const { return found_; }

 private:
  [[nodiscard]] const json_member* member(std::string_view key) const { return node_.find(key); }

  finding_collector& found_;
  const json_node& node_;
  std::string path_;
  std::size_t offset_;
};

/// The text of a profile file as JSON; nothing, and a finding, where it is longer than
/// `profile_bytes_max`, nested deeper than `profile_nesting_max`, or no JSON.
[[nodiscard]] std::optional<json_node> parse_profile_file(std::string_view text,
                                                          finding_collector& found);

/// Lower-case words with underscores, as points, messages and commands are named.
[[nodiscard]] bool is_name(std::string_view text);
/// CamelCase, as channels are named.
[[nodiscard]] bool is_channel(std::string_view text);
/// No name is longer.
inline constexpr std::size_t name_bytes_max = 64;

/// What every profile begins with; of `description` and `$schema`, which are for people and
/// editors, only the type is checked.
struct profile_head {
  std::string name;
  std::optional<std::uint32_t> version; ///< from 1
};
[[nodiscard]] profile_head read_profile_head(const object_reader& root);

} // namespace voltaic::messages::profiles
