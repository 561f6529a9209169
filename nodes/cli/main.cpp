#include "nodes/cli/commands.hpp"

int main(int argument_count, char** arguments) {
  return voltaic::nodes::cli::run_command_line(argument_count, arguments);
}
