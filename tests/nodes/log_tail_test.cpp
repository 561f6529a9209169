#include <catch2/catch.hpp>

#include <fstream>

#include "nodes/process/log_tail.hpp"
#include "support/temporary_folder.hpp"

namespace log_tail_test {

using namespace voltaic::nodes::process;

TEST_CASE("the last words of a process are the last line of its log that says anything") {
  const voltaic::tests::temporary_folder folder;
  const auto of = [&](const std::string& text) {
    std::ofstream(folder / "a.log", std::ios::trunc) << text;
    return last_line(folder / "a.log");
  };
  CHECK(last_line(folder / "none.log").empty());
  CHECK(of("").empty());
  CHECK(of("\n \r\n").empty());
  CHECK(of("only") == "only");
  CHECK(of("first\nsecond\n\n") == "second");
  CHECK(of(std::string(2 * log_tail_bytes, 'x') + "\nend\r\n") == "end");
  CHECK(of(std::string(2 * log_tail_bytes, 'x')) == std::string(log_line_bytes_max, 'x') + " ...");
}

} // namespace log_tail_test
