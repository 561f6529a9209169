#include "nodes/site/named_files.hpp"

#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "messages/configuration/profile_words.hpp"
#include "messages/digest.hpp"
#include "messages/profiles/load.hpp"
#include "nodes/site/signed_files.hpp"

namespace voltaic::nodes::site {

namespace fs = std::filesystem;

named_files::named_files(const draft& source, const plan& result, site_files& files,
                         reporter& report)
    : source_(source),
      plan_(result),
      files_(files),
      report_(report),
      folder_(fs::path(result.file).parent_path()) {}

bool named_files::is_outside(const std::string& real, const std::string& text) const {
  const auto relative = fs::path(real).lexically_relative(folder_);
  const bool outside = relative.empty() || *relative.begin() == "..";
  return outside && !(fs::path(text).is_absolute() && source_.absolute_allowed.contains(text));
}

// The real path of a file below the site's folder; or an absolute one that
// came out of a variable, which the person who starts the site sets.
std::optional<std::string> named_files::real_path(const std::string& text, position at,
                                                  std::string_view key) {
  const fs::path given(text);
  for (const auto& part : given)
    if (part == "..") {
      report_.add(
          at, fmt::format("{}: {} has '..' in it, which could leave the site's folder", key, text));
      return std::nullopt;
    }
  auto real = files_.real_path(named(text));
  if (!real) {
    report_.add(at, fmt::format("{}: {}: {}", key, text, real.error().text));
    return std::nullopt;
  }
  if (is_outside(*real, text)) {
    report_.add(at, fmt::format("{}: {} leaves the site's folder", key, text));
    return std::nullopt;
  }
  return *std::move(real);
}

std::string named_files::named(const std::string& text) const {
  return (folder_ / text).lexically_normal().string();
}

// As a person would name it from where the command was started.
std::string named_files::shown_path(const std::string& text) const {
  return (fs::path(report_.file()).parent_path() / text).string();
}

std::optional<plain_file> named_files::plain(const std::string& text, position at,
                                             std::string_view key) {
  auto path = real_path(text, at, key);
  if (!path) return std::nullopt;
  auto content = files_.read(named(text));
  if (!content) {
    report_.add(at, fmt::format("{}: {} {}", key, text, content.error().text));
    return std::nullopt;
  }
  const auto hash = messages::digest_of(*content);
  return plain_file{*std::move(path), hash, *std::move(content)};
}

// What lies beside a file is where the file may be.
messages::expected<std::string> named_files::signature_of(const std::string& text) {
  const auto beside = named(text) + std::string(messages::signatures::file_suffix);
  const auto real = files_.real_path(beside);
  if (!real) return real.error();
  if (is_outside(*real, text)) return messages::failure{"leaves the site's folder"};
  return files_.read(beside);
}

bool named_files::is_trusted(const plain_file& file, const std::string& text) {
  if (!plan_.trust) return true;
  auto wrong = distrust(*plan_.trust, shown_path(text), file.text, signature_of(text));
  if (!wrong) return true;
  report_.add({*std::move(wrong)});
  return false;
}

template <class Content, class Loader>
const loaded_file<Content>& named_files::read(cache<Content>& known, const std::string& text,
                                              position at, std::string_view key, Loader loader) {
  auto [entry, is_new] = known.try_emplace(text);
  if (!is_new) return entry->second;
  auto file = plain(text, at, key);
  if (!file || !is_trusted(*file, text)) return entry->second;
  entry->second.real_path = std::move(file->real_path);
  entry->second.hash = file->hash;
  auto loaded = loader(file->text, shown_path(text));
  if (auto* found = std::get_if<messages::findings>(&loaded))
    report_.add(std::move(*found));
  else
    entry->second.content = std::make_shared<const Content>(std::get<Content>(std::move(loaded)));
  if constexpr (std::is_same_v<Content, messages::profiles::device_profile>)
    entry->second.words = messages::configuration::profile_words(file->text);
  return entry->second;
}

const loaded_file<messages::profiles::device_profile>& named_files::device_profile(
    const std::string& text, position at) {
  return read(profiles_, text, at, "profile", [](const std::string& json, const std::string& name) {
    return messages::profiles::load_profile(json, name);
  });
}

const loaded_file<messages::protection::table>& named_files::protection(const std::string& text,
                                                                        position at) {
  return read(tables_, text, at, "protection", messages::protection::load);
}

const loaded_file<messages::inverter::inverter_profile>& named_files::inverter_profile(
    const std::string& text, position at) {
  return read(inverter_profiles_, text, at, "profile", messages::inverter::load_inverter_profile);
}

const loaded_file<messages::inverter::compatibility_table>& named_files::compatibility(
    const std::string& text, position at) {
  return read(compatibilities_, text, at, "compatibility", messages::inverter::load_compatibility);
}

} // namespace voltaic::nodes::site
