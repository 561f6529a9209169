#include "nodes/cli/command_options.hpp"

#include <CLI/CLI.hpp>

namespace voltaic::nodes::cli {

option& option::type_name(const char* name) {
  of_->type_name(name);
  return *this;
}

option& option::option_text(const char* text) {
  of_->option_text(text);
  return *this;
}

option& option::required() {
  of_->required();
  return *this;
}

option& option::shows_default() {
  of_->capture_default_str();
  return *this;
}

option& option::delimiter(char between) {
  of_->delimiter(between);
  return *this;
}

option& option::envname(const char* variable) {
  of_->envname(variable);
  return *this;
}

option& option::hidden() {
  of_->group("");
  return *this;
}

option& option::excludes(const option& other) {
  of_->excludes(other.of_);
  return *this;
}

option& option::needs(const option& other) {
  of_->needs(other.of_);
  return *this;
}

option& option::one_of(std::initializer_list<const char*> words) {
  of_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

option& option::range(double least, double most) {
  of_->check(CLI::Range(least, most));
  return *this;
}

option command_options::add_option(const char* name, std::string& to, const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_option(const char* name, std::vector<std::string>& to,
                                   const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_option(const char* name, double& to, const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_option(const char* name, std::int32_t& to, const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_option(const char* name, std::uint32_t& to, const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_option(const char* name, std::uint64_t& to, const char* help) {
  return option(app_.add_option(name, to, help));
}

option command_options::add_flag(const char* name, bool& to, const char* help) {
  return option(app_.add_flag(name, to, help));
}

command_options command_options::add_command(const char* name, const char* help,
                                             std::string& chosen) {
  auto* made = app_.add_subcommand(name, help);
  made->callback([name, &chosen] { chosen = name; });
  app_.require_subcommand(1);
  return command_options(*made);
}

void command_options::commands_are_optional() {
  app_.require_subcommand(0, 1);
}

void command_options::hide() {
  app_.group("");
}

} // namespace voltaic::nodes::cli
