#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "bus/control/control_socket.hpp"

namespace control_socket_test {

using namespace voltaic::bus::control;
using namespace std::chrono_literals;

namespace {

// A site's loop on a thread: answers each line with itself, in brackets.
class echo_site {
 public:
  echo_site() {
    char name[] = "/tmp/voltaic_test_XXXXXX";
    folder_ = ::mkdtemp(name);
    auto made = control_server::listen(path());
    REQUIRE(made);
    server_ = *std::move(made);
    thread_ = std::thread([this] { loop(); });
  }
  ~echo_site() {
    stop_ = true;
    thread_.join();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return folder_ + "/control"; }
  std::atomic<int> turns = 0;

 private:
  void loop() {
    while (!stop_) {
      std::vector<pollfd> polled;
      server_->add_to(polled);
      ::poll(polled.data(), polled.size(), 10);
      server_->serve(polled, [this](control_server::client_id from, std::string_view line) {
        if (line == "silent") return;
        if (line == "long") return server_->reply(from, std::string(1'000'000, 'x'));
        server_->reply(from, "[" + std::string(line) + "]");
      });
      ++turns;
    }
  }
  std::string folder_;
  std::unique_ptr<control_server> server_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

int connect_raw(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return file;
}

} // namespace

TEST_CASE("a control request gets its answer, and the socket is private") {
  echo_site site;
  const auto answer = control_request(site.path(), "status", 5s);
  REQUIRE(answer);
  CHECK(*answer == "[status]");
  struct stat info {};
  REQUIRE(::stat(site.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a control socket for a group lets it in, and knows each caller by the kernel") {
  char name[] = "/tmp/voltaic_test_XXXXXX";
  const std::string folder = ::mkdtemp(name);
  const auto made = control_server::listen(folder + "/control", access::group);
  REQUIRE(made);
  struct stat info {};
  REQUIRE(::stat((folder + "/control").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0660);
  const int file = connect_raw(folder + "/control");
  REQUIRE(::write(file, "x\n", 2) == 2);
  std::optional<caller> who;
  for (int turn = 0; turn < 1'000 && !who; ++turn) {
    std::vector<pollfd> polled;
    (*made)->add_to(polled);
    ::poll(polled.data(), polled.size(), 10);
    (*made)->serve(polled, [&](control_server::client_id from, std::string_view) {
      who = (*made)->caller_of(from);
    });
  }
  REQUIRE(who);
  CHECK(who->user == ::geteuid());
  CHECK(who->group == ::getegid());
  CHECK_FALSE((*made)->caller_of(4'711));
  ::close(file);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a long control answer arrives whole") {
  echo_site site;
  const auto answer = control_request(site.path(), "long", 20s);
  REQUIRE(answer);
  CHECK(answer->size() == 1'000'000);
}

TEST_CASE("silent, flooding and vanishing control clients do not hold the owner") {
  echo_site site;
  std::vector<int> idle;
  for (int i = 0; i < 5; ++i) idle.push_back(connect_raw(site.path()));
  const int flooder = connect_raw(site.path());
  const std::string noise(200'000, 'n');
  [[maybe_unused]] auto sent = ::send(flooder, noise.data(), noise.size(), MSG_NOSIGNAL);
  const int deaf = connect_raw(site.path());
  for (int i = 0; i < 10; ++i) sent = ::send(deaf, "long\n", 5, MSG_NOSIGNAL);
  CHECK_FALSE(control_request(site.path(), "silent", 100ms));
  const auto answer = control_request(site.path(), "still there", 10s);
  REQUIRE(answer);
  CHECK(*answer == "[still there]");
  const int before = site.turns;
  std::this_thread::sleep_for(200ms);
  CHECK(site.turns > before);
  for (int file : idle) ::close(file);
  ::close(flooder);
  ::close(deaf);
}

TEST_CASE("a control request to nobody fails at once") {
  CHECK_FALSE(control_request("/tmp/voltaic_nobody/control", "status", 5s));
  CHECK_FALSE(control_request(std::string(200, 'p'), "status", 5s));
}

} // namespace control_socket_test
