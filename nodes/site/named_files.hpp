#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/load_inverter.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/limits_file.hpp"
#include "nodes/site/draft.hpp"
#include "nodes/site/site_files.hpp"

namespace voltaic::nodes::site {

/// One file that the site names, read once however many use it.
template <class Content>
struct loaded_file {
  std::shared_ptr<const Content> content; ///< null: wrong, and reported
  std::string real_path;
  std::uint64_t hash = 0;
  std::string words; ///< of device profiles
};

/// A file of which only the text is read here.
struct plain_file {
  std::string real_path;
  std::uint64_t hash = 0;
  std::string text;
};

/// Reads and checks the files that a site names, each once. What is wrong is reported at the place
/// that names it, what is wrong in it at its own. Where the site asks for signatures, a file that
/// nobody vouches for is not looked into.
class named_files {
 public:
  named_files(const draft& source, const plan& result, site_files& files, reporter& report);

  [[nodiscard]] const loaded_file<messages::profiles::device_profile>& device_profile(
      const std::string& text, position at);
  [[nodiscard]] const loaded_file<messages::protection::table>& protection(const std::string& text,
                                                                           position at);
  [[nodiscard]] const loaded_file<messages::inverter::inverter_profile>& inverter_profile(
      const std::string& text, position at);
  [[nodiscard]] const loaded_file<messages::inverter::compatibility_table>& compatibility(
      const std::string& text, position at);
  /// Without a signature, as what is played and not run by. `key` names the file in the site file.
  /// Empty: it cannot be read, and that is reported.
  [[nodiscard]] std::optional<plain_file> plain(const std::string& text, position at,
                                                std::string_view key);

 private:
  template <class Content>
  using cache = std::map<std::string, loaded_file<Content>>;

  std::optional<std::string> real_path(const std::string& text, position at, std::string_view key);
  [[nodiscard]] bool is_outside(const std::string& real, const std::string& text) const;
  [[nodiscard]] messages::expected<std::string> signature_of(const std::string& text);
  [[nodiscard]] bool is_trusted(const plain_file& file, const std::string& text);
  [[nodiscard]] std::string named(const std::string& text) const;
  [[nodiscard]] std::string shown_path(const std::string& text) const;
  template <class Content, class Loader>
  const loaded_file<Content>& read(cache<Content>& known, const std::string& text, position at,
                                   std::string_view key, Loader loader);

  const draft& source_;
  const plan& plan_;
  site_files& files_;
  reporter& report_;
  std::filesystem::path folder_; ///< real: the site file's is
  cache<messages::profiles::device_profile> profiles_;
  cache<messages::protection::table> tables_;
  cache<messages::inverter::inverter_profile> inverter_profiles_;
  cache<messages::inverter::compatibility_table> compatibilities_;
};

} // namespace voltaic::nodes::site
