#include <fmt/format.h>

#include <utility>

#include "bus/signing/ed25519.hpp"
#include "messages/signatures/signature.hpp"
#include "nodes/site/draft_parts.hpp"

namespace voltaic::nodes::site {

namespace {

namespace signatures = messages::signatures;

// A key is never repeated: somebody may have put the wrong one there.
void check_key(const std::string& key, position at, reporter& report) {
  if (key.starts_with(signatures::private_key_prefix))
    report.add(at,
               "keys: this is a private key, which nobody but its owner may ever see: make "
               "another one, and name its public key here");
  else if (!bus::signing::is_public_key(key))
    report.add(at,
               "keys: this is no public key: expected ed25519: and 44 characters, as voltaic "
               "profiles keygen prints them");
}

} // namespace

void read_trust(section& table, plan& base) {
  for (const auto* key : {"project", "keys"}) table.require(key);
  auto project = table.text("project");
  if (project && !signatures::is_project(project->value)) {
    table.report().add(project->at,
                       fmt::format("project: \"{}\" is no name: letters, digits, and . _ - between "
                                   "them, at most {} characters",
                                   project->value, signatures::project_length_max));
    project.reset();
  }
  auto keys = table.texts("keys");
  if (!keys) return;
  if (keys->value.empty())
    table.report().add(keys->at,
                       "keys: names no key; where no file needs a signature there is no "
                       "[profiles] at all");
  if (keys->value.size() > signatures::keys_max)
    table.report().add(keys->at, fmt::format("keys: at most {} keys", signatures::keys_max));
  for (const auto& element : *table.node("keys")->as_array())
    if (const auto* key = element.as_string())
      check_key(key->get(), position_of(element), table.report());
  if (project) base.trust = {std::move(project->value), std::move(keys->value)};
}

} // namespace voltaic::nodes::site
