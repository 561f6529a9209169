#include "messages/signatures/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace voltaic::messages::signatures {

namespace {

constexpr std::string_view title = "voltaic signature 1";
constexpr std::size_t sha256_digits = 64;
// Base64 of 32 and of 64 bytes: 43 and 86 characters, and what fills up a group of four.
constexpr std::size_t key_letters = 43;
constexpr std::string_view key_end = "=";
constexpr std::size_t value_letters = 86;
constexpr std::string_view value_end = "==";

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

bool is_base64(std::string_view text, std::size_t letters, std::string_view end) {
  return text.size() == letters + end.size() && text.ends_with(end) &&
         std::ranges::all_of(text.substr(0, letters), [](char each) {
           return is_letter(each) || is_digit(each) || each == '+' || each == '/';
         });
}

bool is_sha256(std::string_view text) {
  return text.size() == sha256_digits && std::ranges::all_of(text, [](char each) {
           return is_digit(each) || (each >= 'a' && each <= 'f');
         });
}

// Any but those that a line or a path could not tell from something else.
bool is_file_name(std::string_view text) {
  constexpr char delete_character = 0x7F;
  return !text.empty() && text.size() <= file_name_length_max && text != "." && text != ".." &&
         std::ranges::none_of(text, [](char each) {
           return static_cast<unsigned char>(each) < ' ' || each == delete_character || each == '/';
         });
}

std::optional<std::uint32_t> read_version(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // One form for one number: no zero in front of it.
  if (text != fmt::to_string(value)) return std::nullopt;
  return value;
}

/// Takes the lines off a text, one by one; the first mistake counts.
class line_reader {
 public:
  line_reader(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  void title_line() {
    const auto line = next(title);
    if (line && *line != title) fail(fmt::format("expected \"{}\"", title));
  }
  /// The text behind `KEY = `.
  std::string value(std::string_view key) {
    const auto line = next(key);
    if (!line) return {};
    const auto start = fmt::format("{} = ", key);
    if (line->starts_with(start)) return std::string(line->substr(start.size()));
    fail(fmt::format("expected \"{}\" and a value", start));
    return {};
  }
  void check(bool holds, std::string_view expected) {
    if (!holds) fail(fmt::format("expected {}", expected));
  }
  void end() {
    if (!rest_.empty()) {
      ++line_;
      fail("expected nothing behind the signature");
    }
  }
  /// Nothing: all was as it should be.
  [[nodiscard]] std::optional<finding> take() { return std::move(mistake_); }

 private:
  std::optional<std::string_view> next(std::string_view what) {
    if (mistake_) return std::nullopt;
    ++line_;
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos) {
      fail(rest_.empty() ? fmt::format("ends before \"{}\"", what) : "the line has no end");
      return std::nullopt;
    }
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (line.ends_with('\r')) {
      fail("the line ends in a carriage return: something changed the ends of lines on the way");
      return std::nullopt;
    }
    return line;
  }
  void fail(std::string text) {
    if (!mistake_) mistake_ = finding{file_, line_, 1, std::move(text)};
  }

  std::string_view rest_;
  const std::string& file_;
  std::uint32_t line_ = 0;
  std::optional<finding> mistake_;
};

} // namespace

std::string signed_text(const statement& says) {
  return fmt::format("{}\nproject = {}\nfile = {}\nversion = {}\nsha256 = {}\nkey = {}\n", title,
                     says.project, says.file, says.version, says.sha256, says.key);
}

std::string text_of(const signature& of) {
  return fmt::format("{}signature = {}\n", signed_text(of.says), of.value);
}

std::variant<signature, finding> read_signature(std::string_view text, const std::string& file) {
  if (text.size() > signature_bytes_max)
    return finding{file, 1, 1,
                   fmt::format("is longer than the {} bytes of a signature", signature_bytes_max)};
  line_reader lines(text, file);
  signature found;
  lines.title_line();
  found.says.project = lines.value("project");
  lines.check(is_project(found.says.project), "the name of a project");
  found.says.file = lines.value("file");
  lines.check(is_file_name(found.says.file), "the name of a file, without folders");
  const auto version = read_version(lines.value("version"));
  lines.check(version.has_value(), "a version from 0 to 4294967295");
  found.says.version = version.value_or(0);
  found.says.sha256 = lines.value("sha256");
  lines.check(is_sha256(found.says.sha256), "64 hex digits in lower case");
  found.says.key = lines.value("key");
  lines.check(has_key_form(found.says.key), "a public key: ed25519: and 44 characters of base64");
  found.value = lines.value("signature");
  lines.check(is_base64(found.value, value_letters, value_end), "88 characters of base64");
  lines.end();
  if (auto mistake = lines.take()) return *std::move(mistake);
  return found;
}

bool is_project(std::string_view text) {
  const auto is_inner = [](char each) { return each == '.' || each == '_' || each == '-'; };
  return !text.empty() && text.size() <= project_length_max && !is_inner(text.front()) &&
         !is_inner(text.back()) && std::ranges::all_of(text, [&](char each) {
           return is_letter(each) || is_digit(each) || is_inner(each);
         });
}

bool has_key_form(std::string_view text) {
  return text.starts_with(public_key_prefix) &&
         is_base64(text.substr(public_key_prefix.size()), key_letters, key_end);
}

std::uint32_t stated_version(std::string_view text) {
  const auto read = nlohmann::json::parse(text, nullptr, false);
  if (!read.is_object()) return 0;
  const auto found = read.find("version");
  if (found == read.end() || !found->is_number_unsigned()) return 0;
  const auto value = found->get<std::uint64_t>();
  return value <= UINT32_MAX ? static_cast<std::uint32_t>(value) : 0;
}

std::optional<std::string> mismatch(const statement& says, const trust& by, const signed_file& of) {
  if (std::ranges::find(by.keys, says.key) == by.keys.end())
    return fmt::format("is signed by {}, which is none of the site's keys", says.key);
  if (says.project != by.project)
    return fmt::format("is signed for project {}, not for {}", says.project, by.project);
  if (says.file != of.name)
    return fmt::format("the signature is that of {}, a file of another name", says.file);
  if (says.sha256 != of.sha256)
    return std::string(
        "is not the content that was signed: it was changed since, or its signature "
        "is that of another version");
  if (says.version != of.version)
    return fmt::format("says that it is version {}, and its signature that it is {}", of.version,
                       says.version);
  return std::nullopt;
}

} // namespace voltaic::messages::signatures
