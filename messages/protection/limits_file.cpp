#include "messages/protection/limits_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "messages/protection/level_file.hpp"
#include "messages/protection/level_rules.hpp"
#include "messages/protection/limits_notes.hpp"
#include "messages/protection/override.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/toml_text.hpp"

namespace voltaic::messages::protection {

namespace {

constexpr std::int64_t period_ms_max = 60'000;

/// Walks the file once and collects what is wrong on the way.
class reader {
 public:
  /// `size`: of the rack that it is about; nullptr: of any.
  explicit reader(std::string file, const rack_size* size = nullptr)
      : notes_(std::move(file)), size_(size) {}

  table read(const toml::table& root) {
    table result;
    for (const auto& [key, value] : root) {
      if (key.str() == "protection") {
        read_heading(value, result);
      } else if (!parse_own(key.str())) {
        read_candidate(key, value, result);
      }
    }
    // Their limits may be those of others in this file.
    for (const auto& [key, value] : root)
      if (parse_own(key.str())) read_own(key, value, result);
    if (!root.contains("protection")) notes_.report({1, 1}, "table [protection] is missing");
    // The parser sorts keys; people and reports use the order of the file.
    std::ranges::sort(places_, {}, &place::line);
    std::vector<candidate> in_order;
    for (const auto& at : places_) in_order.push_back(std::move(result.candidates[at.position]));
    result.candidates = std::move(in_order);
    return result;
  }

  findings take_findings() { return notes_.take_findings(); }

  // What is stated instead of what `result` says already.
  void apply(const toml::table& changes, table& result) {
    for (const auto& [name, node] : changes) change_candidate(name, node, result);
  }

 private:
  struct place {
    std::uint32_t line = 0;
    std::size_t position = 0;
  };

  void read_heading(const toml::node& node, table& result) {
    const auto* heading = node.as_table();
    if (!heading) return notes_.report(node.source().begin, "protection must be a table");
    for (const auto& [key, value] : *heading) {
      if (key.str() == "name") {
        result.name = notes_.text_of(key, value).value_or("");
      } else if (key.str() == "chemistry") {
        result.chemistry = notes_.text_of(key, value).value_or("");
      } else {
        notes_.unknown_key(key, "name, chemistry");
      }
    }
    for (const auto* required : {"name", "chemistry"}) {
      if (!heading->contains(required)) notes_.missing_key(*heading, required, "protection");
    }
  }

  void read_candidate(const toml::key& name, const toml::node& node, table& result) {
    const auto* fields = node.as_table();
    const auto* known = find_candidate(name.str());
    if (known == nullptr) return notes_.report(name.source().begin, unknown_candidate(name.str()));
    if (!fields)
      return notes_.report(name.source().begin, fmt::format("{} must be a table", name.str()));
    candidate watched;
    watched.name = std::string(name.str());
    for (const auto& [key, value] : *fields) read_field(key, value, watched);
    for (const auto* required : {"unit", "direction", "period_ms", "envelope"}) {
      if (!fields->contains(required)) notes_.missing_key(*fields, required, watched.name);
    }
    check_fixed(*known, watched, *fields);
    if (watched.limits.empty()) {
      notes_.report(name.source().begin, fmt::format("{} has no level", watched.name));
    }
    check_levels(watched, name, *fields);
    places_.push_back({name.source().begin.line, result.candidates.size()});
    result.candidates.push_back(std::move(watched));
  }

  // Of a point that only this rack has; with the limits of its quantity, or with its own.
  void read_own(const toml::key& name, const toml::node& node, table& result) {
    const auto* fields = node.as_table();
    if (!fields)
      return notes_.report(name.source().begin, fmt::format("{} must be a table", name.str()));
    candidate watched;
    if (const auto* stated = fields->get("quantity")) {
      const auto unit = (*fields)["unit"].value<std::string>().value_or("");
      if (auto usual = usual_of(name, *stated, unit, result)) watched = *std::move(usual);
    } else {
      for (const auto* required : {"unit", "period_ms", "envelope"}) {
        if (!fields->contains(required)) notes_.missing_key(*fields, required, name.str());
      }
    }
    watched.name = std::string(name.str());
    watched.direction = parse_own(name.str())->direction;
    const auto before = notes_.count();
    read_own_fields(*fields, watched);
    if (watched.limits.empty() && before == notes_.count() && !fields->contains("quantity")) {
      notes_.report(name.source().begin, fmt::format("{} has no level", watched.name));
    }
    if (before == notes_.count()) check_levels(watched, name, *fields);
    places_.push_back({name.source().begin.line, result.candidates.size()});
    result.candidates.push_back(std::move(watched));
  }

  std::optional<candidate> usual_of(const toml::key& name, const toml::node& stated,
                                    const std::string& unit, const table& rules) {
    const auto text = stated.value<std::string>().value_or("");
    const auto* found = find_quantity(text);
    if (found == nullptr) {
      notes_.report(stated.source().begin, fmt::format("unknown quantity '{}', expected one of: {}",
                                                       text, quantity_names()));
      return std::nullopt;
    }
    if (found->stated_by != stated_by::value && size_ == nullptr) {
      notes_.report(
          stated.source().begin,
          fmt::format("limits of {} follow from the rack: state the quantity at the profile's "
                      "point, or in [rack.override] of the site file",
                      text));
      return std::nullopt;
    }
    auto usual = default_of(rules, name.str(), *found, size_, found->fits(unit) ? unit : "");
    if (usual && !split_point(parse_own(name.str())->point).device.empty())
      usual = without_opening(*std::move(usual));
    if (!usual) {
      notes_.report(
          stated.source().begin,
          fmt::format("there are no limits of {} for {}: state its levels instead of a quantity",
                      text, name.str()));
    }
    return usual;
  }

  void read_own_fields(const toml::table& fields, candidate& watched) {
    const auto unit = watched.unit;
    const auto side = watched.direction;
    for (const auto& [key, value] : fields) {
      if (key.str() != "quantity") read_field(key, value, watched);
    }
    if (watched.direction != side) {
      notes_.report(fields.get("direction")->source().begin,
                    fmt::format("direction of {} must be '{}'", watched.name, to_string(side)));
    }
    if (!unit.empty() && watched.unit != unit) {
      notes_.report(fields.get("unit")->source().begin,
                    fmt::format("unit of {} must be '{}'", watched.name, unit));
    }
  }

  void change_candidate(const toml::key& name, const toml::node& node, table& result) {
    const auto* fields = node.as_table();
    const auto* known = find_candidate(name.str());
    const auto watched = std::ranges::find(result.candidates, name.str(), &candidate::name);
    if (parse_own(name.str())) return change_own(name, node, watched, result);
    if (known == nullptr) return notes_.report(name.source().begin, unknown_candidate(name.str()));
    if (watched == result.candidates.end()) {
      return notes_.report(name.source().begin,
                           fmt::format("the protection file does not have {}", name.str()));
    }
    if (!fields)
      return notes_.report(name.source().begin, fmt::format("{} must be a table", name.str()));
    const auto before = notes_.count();
    for (const auto& [key, value] : *fields) read_field(key, value, *watched);
    check_fixed(*known, *watched, *fields);
    // A value that could not be read breaks no rule besides.
    if (notes_.count() == before) check_levels(*watched, name, *fields);
  }

  // A quantity that is stated anew replaces what stood there.
  void change_own(const toml::key& name, const toml::node& node,
                  std::vector<candidate>::iterator watched, table& result) {
    const auto* fields = node.as_table();
    const bool is_new = watched == result.candidates.end();
    if (is_new || !fields || fields->contains("quantity")) {
      if (!is_new) result.candidates.erase(watched);
      return read_own(name, node, result);
    }
    const auto before = notes_.count();
    read_own_fields(*fields, *watched);
    if (notes_.count() == before) check_levels(*watched, name, *fields);
  }

  void read_field(const toml::key& key, const toml::node& value, candidate& watched) {
    const auto name = key.str();
    if (name == "unit") {
      watched.unit = notes_.text_of(key, value).value_or("");
    } else if (name == "direction") {
      const auto text = notes_.text_of(key, value);
      if (text && *text != "high" && *text != "low") {
        notes_.report(value.source().begin, "direction must be 'high' or 'low'");
      }
      watched.direction = text == "low" ? direction::low : direction::high;
    } else if (name == "period_ms") {
      watched.period_ms = notes_.whole_of(key, value, 1, period_ms_max);
    } else if (name == "envelope") {
      read_envelope(value, watched);
    } else if (name == "cascade") {
      const auto stated = value.value<bool>();
      if (!value.is_boolean()) notes_.report(value.source().begin, "cascade must be true or false");
      watched.cascade = stated.value_or(false);
    } else if (const auto found = level_of(name)) {
      read_level(*found, key, value, watched, notes_);
    } else {
      notes_.unknown_key(
          key, "unit, direction, period_ms, envelope, cascade, warning, alarm, fault, hard");
    }
  }

  void read_envelope(const toml::node& value, candidate& watched) {
    const auto* pair = value.as_array();
    const auto bound = [&](std::size_t index) {
      const auto number = pair->get(index)->value<double>();
      return number && std::isfinite(*number) ? number : std::nullopt;
    };
    if (!pair || pair->size() != 2 || !bound(0) || !bound(1) || *bound(0) >= *bound(1)) {
      return notes_.report(value.source().begin, "envelope must be [minimum, maximum]");
    }
    watched.minimum = *bound(0);
    watched.maximum = *bound(1);
  }

  // What a candidate is, no file may say otherwise.
  void check_fixed(const known_candidate& known, const candidate& watched,
                   const toml::table& fields) {
    if (fields.contains("unit") && watched.unit != known.unit) {
      notes_.report(fields.get("unit")->source().begin,
                    fmt::format("unit of {} must be '{}'", watched.name, known.unit));
    }
    if (fields.contains("direction") && watched.direction != known.direction) {
      notes_.report(
          fields.get("direction")->source().begin,
          fmt::format("direction of {} must be '{}'", watched.name, to_string(known.direction)));
    }
  }

  void check_levels(const candidate& watched, const toml::key& name, const toml::table& fields) {
    for (const auto& [level, text] : mistakes_of(watched)) {
      const auto* stated = fields.get(to_string(level));
      notes_.report(stated ? stated->source().begin : name.source().begin, text);
    }
  }

  limits_notes notes_;
  const rack_size* size_;
  std::vector<place> places_;
};

} // namespace

std::variant<table, findings> load(std::string_view text, const std::string& file) {
  if (text.size() > limits_file_bytes_max) {
    return findings{{file, 1, 1, fmt::format("longer than {} bytes", limits_file_bytes_max)}};
  }
  const auto parsed = parse_toml(text, file);
  if (const auto* mistake = std::get_if<finding>(&parsed)) return findings{*mistake};
  return load_parsed(std::get<toml::table>(parsed), file);
}

std::variant<table, findings> load_parsed(const toml::table& root, const std::string& file) {
  reader walk(file);
  auto result = walk.read(root);
  auto found = walk.take_findings();
  if (!found.empty()) return found;
  return result;
}

findings override_limits(table& base, const toml::table& changes, const std::string& file,
                         const rack_size* size) {
  reader walk(file, size);
  walk.apply(changes, base);
  return walk.take_findings();
}

} // namespace voltaic::messages::protection
