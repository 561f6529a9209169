#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nodes/cli/site_view.hpp"

namespace voltaic::nodes::cli {

/// What bars the closing of one rack.
struct closing_bars {
  /// As its contactor says; nothing: it is not heard.
  std::optional<std::vector<std::string>> of_rack;
  /// As the dispatcher answers, which hears the other racks of its DC bus and its inverter;
  /// nothing: it does not, or answers only the site's own processes.
  std::optional<std::vector<std::string>> of_site;
};

/// The point by which `voltaic why` knows that a rack has spoken since it was asked.
[[nodiscard]] std::string news_point(const std::string& rack);

/// Asks the site's dispatcher; nothing acts by that.
[[nodiscard]] closing_bars ask_closing(site_connection& site, const site_view& view,
                                       const std::string& rack);

/// Limits of the rack with what binds each, and what bars its closing.
[[nodiscard]] nlohmann::ordered_json explain_rack(const site_view& view, const std::string& rack,
                                                  const closing_bars& bars);
/// The same for people.
void print_rack(const nlohmann::ordered_json& told);

} // namespace voltaic::nodes::cli
