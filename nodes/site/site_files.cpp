#include "nodes/site/site_files.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "nodes/site/load.hpp"

namespace voltaic::nodes::site {

namespace {

using messages::failure;

// Of the layout of the block of bytes; another one is refused.
constexpr int contents_format = 1;

} // namespace

const named_file* site_files::kept(const std::string& named) const {
  const auto found = std::ranges::find(kept_, named, &named_file::named);
  return found == kept_.end() ? nullptr : &*found;
}

messages::expected<std::string> site_files::real_path(const std::string& named) const {
  if (const auto* known = kept(named)) return known->real_path;
  if (rest_ == others::refused) return failure{"is not among the files that were applied"};
  std::error_code error;
  auto real = std::filesystem::canonical(named, error);
  if (error) return failure{error.message()};
  return real.string();
}

messages::expected<std::string> site_files::read(const std::string& named) {
  const auto real = real_path(named);
  if (!real) return real.error();
  const auto before = std::ranges::find(used_, *real, &named_file::real_path);
  messages::expected<std::string> text = failure{};
  if (before != used_.end())
    text = before->text;
  else if (const auto* known = kept(named))
    text = known->text;
  else
    text = read_bounded(*real);
  if (!text) return text;
  if (std::ranges::find(used_, named, &named_file::named) == used_.end())
    used_.push_back({named, *real, *text});
  return text;
}

// CBOR: any bytes may be in a file or its name, and the lengths are told.
std::string to_bytes(const contents& of) {
  auto files = nlohmann::json::array();
  for (const auto& each : of.files)
    files.push_back({{"named", each.named}, {"path", each.real_path}, {"text", each.text}});
  std::string bytes;
  nlohmann::json::to_cbor(
      {{"format", contents_format}, {"text", of.text}, {"files", std::move(files)}}, bytes);
  return bytes;
}

messages::expected<contents> read_contents(const std::string& bytes) {
  try {
    const auto read = nlohmann::json::from_cbor(bytes);
    if (read.at("format") != contents_format) return failure{"is of another version of voltaic"};
    contents found{read.at("text").get<std::string>(), {}};
    for (const auto& each : read.at("files"))
      found.files.push_back({each.at("named").get<std::string>(),
                             each.at("path").get<std::string>(),
                             each.at("text").get<std::string>()});
    return found;
  } catch (const nlohmann::json::exception&) {
    return failure{"does not hold an applied site"};
  }
}

} // namespace voltaic::nodes::site
