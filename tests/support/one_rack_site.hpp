#pragma once

#include <string>

#include "support/loaded_site.hpp"

namespace voltaic::tests {

/// A site file with one rack of the demo's kind on one virtual bus, to lie beside the project's
/// profiles; it ends in the table of the rack.
inline std::string one_rack_text(const std::string& name) {
  return "[site]\nname = \"" + name + R"("
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
)";
}

/// The plan of such a site; `more` goes on in the table of the rack.
inline nodes::site::plan one_rack_plan(const std::string& more = "") {
  return sound(
      nodes::site::load_text(one_rack_text("simulated") + more,
                             std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/simulated.toml"));
}

} // namespace voltaic::tests
