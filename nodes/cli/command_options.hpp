#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace voltaic::nodes::cli {

/// One option or argument of a subcommand that was just declared; says more about it.
class option {
 public:
  explicit option(CLI::Option* of) : of_(of) {}
  /// What `--help` calls its value: "FILE".
  option& type_name(const char* name);
  /// As `--help` shows name and value, instead of what the library makes of them.
  option& option_text(const char* text);
  option& required();
  /// `--help` shows what holds without it.
  option& shows_default();
  /// One value may be several, with this character between them.
  option& delimiter(char between);
  /// An environment variable that stands for it where it is not given.
  option& envname(const char* variable);
  /// Not shown by `--help`: for processes that the site starts, not for people.
  option& hidden();
  /// Never together with the other.
  option& excludes(const option& other);
  /// Only together with the other.
  option& needs(const option& other);
  /// Only these words.
  option& one_of(std::initializer_list<const char*> words);
  /// Only numbers from `least` to `most`.
  option& range(double least, double most);

 private:
  CLI::Option* of_;
};

/// Where a subcommand declares what it takes. Names without dashes are arguments by their place.
/// What is declared is written when the command line was parsed, and lives as long as the
/// subcommand's action. Stands between the commands and the library that parses, whose header
/// is slow to compile: it is included in two files.
class command_options {
 public:
  explicit command_options(CLI::App& app) : app_(app) {}
  option add_option(const char* name, std::string& to, const char* help);
  /// May be repeated.
  option add_option(const char* name, std::vector<std::string>& to, const char* help);
  option add_option(const char* name, double& to, const char* help);
  option add_option(const char* name, std::int32_t& to, const char* help);
  option add_option(const char* name, std::uint32_t& to, const char* help);
  option add_option(const char* name, std::uint64_t& to, const char* help);
  option add_flag(const char* name, bool& to, const char* help);
  /// One of several things that the subcommand does, each with options of its own; exactly one is
  /// to be named, and its name stands in `chosen` then.
  [[nodiscard]] command_options add_command(const char* name, const char* help,
                                            std::string& chosen);
  /// Of those none has to be named: the subcommand does something by itself.
  void commands_are_optional();
  /// The subcommand is not shown by `voltaic --help`.
  void hide();

 private:
  CLI::App& app_;
};

} // namespace voltaic::nodes::cli
