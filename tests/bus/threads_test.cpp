#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <string>

#include "bus/can/port.hpp"
#include "bus/message/record/capture_store.hpp"
#include "bus/modbus/line.hpp"
#include "bus/storage/journal.hpp"
#include "support/temporary_folder.hpp"

// Where a thread begins, the system may refuse it.
namespace voltaic::bus::threads_test {
namespace {

constexpr uid_t nobody = 65'534;
constexpr int no_rights = 2;

/// What `act` answers in a process that may make no thread; -1: it crashed.
int without_threads(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) ::_exit(no_rights);
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) ::_exit(no_rights);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// 0: a failure that tells why.
template <class Opened>
int tells(const Opened& opened) {
  if (opened) return 3;
  return opened.error().text.find("Resource temporarily unavailable") == std::string::npos ? 4 : 0;
}

} // namespace

TEST_CASE(
    "F-018 a journal, port, line or capture store whose thread is refused is a failure with a "
    "reason") {
  const tests::temporary_folder folder;
  REQUIRE(::chmod((folder / ".").c_str(), 0777) == 0);
  const std::string log = folder / "can.log";
  std::ofstream(log) << "(0.000000) can0 123#00\n(1.000000) can0 123#00\n";
  CHECK(without_threads([&] {
          storage::journal_options options;
          options.path = folder / "a.journal";
          return tells(storage::open_journal(options));
        }) == 0);
  CHECK(without_threads([&] {
          return tells(message::capture_store::open({.folder = folder / "captures"}));
        }) == 0);
  CHECK(without_threads([&] {
          can::port_options options;
          options.uri = "replay:" + log + "#can0";
          return tells(can::open_port(options, [](const auto&) {}));
        }) == 0);
  CHECK(without_threads([] {
          modbus::line_options options;
          options.name = "plant";
          options.host = "127.0.0.1";
          options.units.push_back({});
          return tells(modbus::open_line(
              options, [](auto&&) {}, [](auto&&) {}));
        }) == 0);
}

} // namespace voltaic::bus::threads_test
