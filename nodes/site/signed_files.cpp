#include "nodes/site/signed_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

#include "bus/signing/ed25519.hpp"

namespace voltaic::nodes::site {

namespace signatures = messages::signatures;

std::optional<messages::finding> distrust(const signatures::trust& by, const std::string& shown,
                                          std::string_view content,
                                          const messages::expected<std::string>& signature) {
  constexpr auto kind = messages::finding_kind::signature;
  const auto beside = shown + std::string(signatures::file_suffix);
  if (!signature)
    return messages::finding{shown, 1, 1,
                             fmt::format("is not signed for project {}: {}: {}", by.project, beside,
                                         signature.error().text),
                             kind};
  auto read = signatures::read_signature(*signature, beside);
  if (auto* mistake = std::get_if<messages::finding>(&read)) {
    mistake->kind = kind;
    return std::move(*mistake);
  }
  const auto& found = std::get<signatures::signature>(read);
  const bool is_known = std::ranges::find(by.keys, found.says.key) != by.keys.end();
  // Nothing that it says counts before this.
  if (is_known && !bus::signing::verifies(signed_text(found.says), found.value, found.says.key))
    return messages::finding{beside, 1, 1,
                             "is not as it was signed: it was changed since, or not made by the "
                             "owner of the key that it names",
                             kind};
  const auto name = std::filesystem::path(shown).filename().string();
  const auto sum = bus::signing::sha256_of(content);
  // Of what nobody vouches for nothing is read.
  const auto version =
      is_known && found.says.sha256 == sum ? signatures::stated_version(content) : 0;
  if (auto why = signatures::mismatch(found.says, by, {name, sum, version}))
    return messages::finding{shown, 1, 1, *std::move(why), kind};
  return std::nullopt;
}

} // namespace voltaic::nodes::site
