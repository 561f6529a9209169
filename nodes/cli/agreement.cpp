#include "nodes/cli/agreement.hpp"

#include <utility>

namespace voltaic::nodes::cli {

void declare_agreement(command_options& app, agreement& given, const char* rack_help,
                       const char* hash_help) {
  app.add_option("RACK", given.rack, rack_help).type_name("RACK").required();
  app.add_option("HASH", given.hash, hash_help).type_name("HASH");
  declare_request_options(app, given.asked, false); // who only looks gives none
  given.asked.needs_reason = true;
}

exit_code agree(const std::string& operation, const agreement& given) {
  messages::command command;
  command.operation = operation;
  command.point = given.rack + "/" + given.hash;
  return request(std::move(command), given.asked, {operation, given.rack, given.hash});
}

} // namespace voltaic::nodes::cli
