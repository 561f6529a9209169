#include "actors/runtime/engine.hpp"
#include "actors/runtime/event_log.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "support/test_node.hpp"

namespace engine_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using tests::test_node;

namespace {

// What happened in a node, in order: "+rack_0" was made, "-rack_0" destroyed.
using diary = std::vector<std::string>;

class noted_actor final : public actor {
 public:
  noted_actor(context& with, diary& notes) : context_(with), notes_(notes) {
    notes_.push_back("+" + context_.name());
  }
  ~noted_actor() override { notes_.push_back("-" + context_.name()); }
  using actor::receive;
  void receive(const messages::message& message) override {
    if (const auto* command = std::get_if<messages::command>(&message.payload)) {
      if (command->operation == "crash") {
        throw std::runtime_error("told to crash");
      }
      if (command->operation == "restart") context_.restart("told to restart");
      notes_.push_back(context_.name() + ":" + command->operation);
    }
  }

 private:
  context& context_;
  diary& notes_;
};

const std::vector<std::string> chain_names = {"bms_0", "rack_0", "rack_0/protection",
                                              "rack_0/contactor"};

std::vector<group_spec> chain(diary& notes, strategy how = strategy::rest_for_one) {
  group_spec group{how, {}};
  for (const auto& name : chain_names) {
    group.children.push_back({name, "noted", [&notes](context& with) {
                                return std::make_unique<noted_actor>(with, notes);
                              }});
  }
  return {group};
}

messages::command command_for(const std::string& target, const std::string& operation,
                              const std::string& id = "1") {
  messages::command command;
  command.id = id;
  command.target = target;
  command.operation = operation;
  command.reply_to = "client";
  return command;
}

void order(test_node& node, const messages::command& command) {
  node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, command);
}

/// An endpoint that is slow to answer, and knows whether somebody is inside.
class slow_endpoint final : public bus::message::endpoint {
 public:
  bus::message::publish_result publish(bus::message::plane, messages::frame_ptr) override {
    return bus::message::publish_result::queued;
  }
  bus::message::publish_result send(messages::frame_ptr) override {
    return bus::message::publish_result::queued;
  }
  bus::message::endpoint_statistics statistics() const override {
    entered = inside = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    inside = false;
    return {};
  }
  mutable std::atomic<bool> entered = false;
  mutable std::atomic<bool> inside = false;
};

/// A journal that throws where others answer, while it is told to.
class throwing_journal final : public bus::storage::journal {
 public:
  const bus::storage::boot_report& boot() const override { return kept_.boot(); }
  void append(bus::storage::record record, bus::storage::append_handler handler) override {
    if (throws) {
      ++thrown;
      throw std::runtime_error("the journal throws");
    }
    kept_.append(std::move(record), std::move(handler));
  }
  std::vector<bus::storage::record> newest(const std::string& stream) override {
    return kept_.newest(stream);
  }
  std::vector<bus::storage::record> since(const std::string& stream, std::uint64_t sequence,
                                          std::size_t count_max) override {
    return kept_.since(stream, sequence, count_max);
  }
  bus::storage::storage_health health() const override { return kept_.health(); }
  bool throws = false;
  int thrown = 0;

 private:
  tests::memory_journal kept_;
};

} // namespace

TEST_CASE("an actor whose crash cannot even be told is restarted, and costs nobody else anything") {
  diary notes;
  throwing_journal journal;
  manual_clock clock{{3'600'000'000, 1'800'000'000'000'000}};
  node_inbox inbox;
  const auto progress = progress_page::anonymous();
  engine_options options;
  options.node = "node_0";
  options.boot = "boot";
  options.groups = chain(notes, strategy::one_for_one);
  options.deterministic = true;
  options.time = &clock;
  options.inbox = &inbox;
  options.journal = &journal;
  options.progress = progress.get();
  engine node(std::move(options));
  node.run_until_quiet();
  const auto tell = [&](const char* who, const char* operation) {
    inbox.on_frame(
        bus::message::plane::commands,
        messages::encode({"client", 1, 0, clock.now(), {}}, command_for(who, operation)));
  };
  const auto advance = [&](std::int64_t us) {
    clock.advance(us);
    node.advance(us);
    node.run_until_quiet();
  };
  notes.clear();
  journal.throws = true; // so that the turn itself throws, behind what guards the handler
  for (const auto* operation : {"before", "crash", "behind"}) tell("rack_0", operation);
  tell("bms_0", "meanwhile");
  node.run_until_quiet();
  CHECK(journal.thrown == 1);
  CHECK_FALSE(node.ready());
  journal.throws = false;
  advance(20'000);
  REQUIRE(node.ready());
  // What waited behind the crash was its own, as with any other.
  std::ranges::sort(notes);
  CHECK(notes == diary{"+rack_0", "-rack_0", "bms_0:meanwhile", "rack_0:before"});
  for (const auto& each : node.health().actors)
    CHECK(each.restarts == (each.name == "rack_0" ? 1 : 0));
  tell("rack_0", "after");
  node.run_until_quiet();
  CHECK(notes.back() == "rack_0:after");
  CHECK(node.idle());
}

TEST_CASE("the crash of each actor of a chain restarts it and everybody behind it, in order") {
  for (std::size_t crashing = 0; crashing < chain_names.size(); ++crashing) {
    diary notes;
    test_node node(chain(notes));
    REQUIRE(node.engine->ready());
    notes.clear();
    order(node, command_for(chain_names[crashing], "crash"));
    CHECK_FALSE(node.engine->ready());
    node.advance(20'000);
    CHECK(node.engine->ready());
    diary expected = {"-" + chain_names[crashing]};
    for (auto i = chain_names.size() - 1; i > crashing; --i) {
      expected.push_back("-" + chain_names[i]);
    }
    for (auto i = crashing; i < chain_names.size(); ++i) {
      expected.push_back("+" + chain_names[i]);
    }
    CHECK(notes == expected);
    const auto health = node.engine->health();
    for (std::size_t i = 0; i < chain_names.size(); ++i) {
      const bool restarted = i >= crashing;
      CHECK(health.actors[i].restarts == (restarted ? 1 : 0));
      CHECK(health.actors[i].incarnation == (restarted ? 2 : 1));
      CHECK(health.actors[i].state == "running");
    }
  }
}

TEST_CASE("an actor that asks to begin anew ends after its handler, with those behind it") {
  diary notes;
  test_node node(chain(notes));
  notes.clear();
  order(node, command_for("rack_0/protection", "restart"));
  node.advance(50'000);
  CHECK(notes == diary{"rack_0/protection:restart", "-rack_0/protection", "-rack_0/contactor",
                       "+rack_0/protection", "+rack_0/contactor"});
  const auto events = node.outside.all<messages::event>();
  REQUIRE(events.size() == 1);
  const auto& told = std::get<messages::event>(events[0].payload);
  CHECK(told.state == "restarts");
  CHECK(told.reason == "told to restart");
}

TEST_CASE("more mails than one turn takes are handled all, in the order in which they came") {
  diary notes;
  test_node node(chain(notes));
  notes.clear();
  diary expected;
  for (std::size_t i = 0; i < 2 * mails_in_a_turn + 1; ++i) {
    const auto operation = std::to_string(i);
    node.inbox.on_frame(
        bus::message::plane::commands,
        messages::encode({"client", 1, 0, node.clock.now(), {}}, command_for("rack_0", operation)));
    expected.push_back("rack_0:" + operation);
  }
  node.engine->run_until_quiet();
  CHECK(notes == expected);
  CHECK(node.engine->idle());
}

TEST_CASE("mails that wait for an actor when it crashes are not its next incarnation's") {
  diary notes;
  test_node node(chain(notes));
  notes.clear();
  for (const auto* operation : {"before", "crash", "behind"}) {
    node.inbox.on_frame(
        bus::message::plane::commands,
        messages::encode({"client", 1, 0, node.clock.now(), {}}, command_for("rack_0", operation)));
  }
  node.engine->run_until_quiet();
  CHECK(node.engine->idle());
  node.advance(20'000);
  REQUIRE(node.engine->ready());
  CHECK(std::ranges::count(notes, "rack_0:before") == 1);
  CHECK(std::ranges::count(notes, "rack_0:behind") == 0);
  order(node, command_for("rack_0", "after"));
  CHECK(notes.back() == "rack_0:after");
}

TEST_CASE("a stop ends the last started first") {
  diary notes;
  test_node node(chain(notes));
  notes.clear();
  node.engine->stop();
  CHECK(notes == diary{"-rack_0/contactor", "-rack_0/protection", "-rack_0", "-bms_0"});
}

TEST_CASE("F-013 a crash loop at start spends the budget, then the node has failed") {
  diary notes;
  auto groups = chain(notes);
  groups[0].children[1].factory = [](context&) -> std::unique_ptr<actor> {
    throw std::runtime_error("cannot be made");
  };
  test_node node(groups);
  node.advance(1'000'000);
  CHECK(node.engine->failed());
  REQUIRE(node.failures.size() == 1);
  CHECK_THAT(node.failures[0], Catch::Contains("rack_0 ended more than 3 times in 60 s") &&
                                   Catch::Contains("cannot be made"));
  // Whoever was alive has ended as well, and nothing starts any more.
  const auto made = std::count(notes.begin(), notes.end(), "+bms_0");
  CHECK(std::count(notes.begin(), notes.end(), "-bms_0") == made);
  const auto before = notes;
  node.advance(5'000'000);
  CHECK(notes == before);
  CHECK(node.engine->health().actors[0].state == "failed");
}

TEST_CASE("F-012 a message that ended two incarnations is never delivered again") {
  diary notes;
  test_node node(chain(notes, strategy::one_for_one));
  const auto poison = command_for("rack_0", "crash", "poison");
  order(node, poison);
  node.advance(100'000);
  order(node, poison);
  node.advance(100'000);
  CHECK(node.engine->dead_letters() == 0);
  order(node, poison);
  order(node, command_for("rack_0", "live"));
  CHECK(node.engine->dead_letters() == 1);
  CHECK(node.engine->ready());
  CHECK(notes.back() == "rack_0:live");
  std::vector<std::string> states;
  for (const auto& message : node.outside.all<messages::event>()) {
    states.push_back(std::get<messages::event>(message.payload).state);
  }
  CHECK(states == std::vector<std::string>{"crashed", "quarantined"});
}

TEST_CASE("a command for an actor that is not there is refused at once") {
  diary notes;
  test_node node(chain(notes));
  order(node, command_for("rack_0", "crash"));
  node.outside.sent.clear();
  order(node, command_for("rack_0", "live"));
  REQUIRE(node.outside.sent.size() == 1);
  const auto answer = messages::decode(*node.outside.sent[0]);
  REQUIRE(answer);
  const auto& result = std::get<messages::result>(answer->payload);
  CHECK(result.outcome == messages::outcome::rejected);
  CHECK(result.reply_to == "client");
  CHECK_THAT(result.reasons.at(0), Catch::Contains("rack_0"));
}

TEST_CASE("every incarnation numbers what it says from one, without gaps") {
  std::vector<messages::header> heard;
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back(
      {"talker", "scripted", [](context& with) {
         return std::make_unique<tests::scripted_actor>(with, [](context& me, const auto& message) {
           const auto& command = std::get<messages::command>(message.payload);
           if (command.operation == "crash") {
             throw std::runtime_error("crash");
           }
           me.say(plane::local, messages::tick{}, message.header.time);
           me.say(plane::telemetry, messages::telemetry{"talker", 0, {}}, message.header.time);
         });
       }});
  test_node node({group});
  for (int i = 0; i < 5; ++i) {
    order(node, command_for("talker", "say"));
  }
  order(node, command_for("talker", "crash"));
  node.advance(20'000);
  for (int i = 0; i < 3; ++i) {
    order(node, command_for("talker", "say"));
  }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> numbers;
  for (const auto& message : node.outside.all<messages::telemetry>()) {
    numbers.emplace_back(message.header.incarnation, message.header.sequence);
  }
  CHECK(numbers ==
        decltype(numbers){{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {2, 1}, {2, 2}, {2, 3}});
  CHECK(node.outside.all<messages::tick>().empty());
}

TEST_CASE("what a former incarnation gave to the journal is not answered to its successor") {
  /// Stores when told to, always by the same token, and notes the answers.
  class keeper final : public actor {
   public:
    keeper(context& with, diary& notes) : context_(with), notes_(notes) {}
    using actor::receive;
    void receive(const messages::message& message) override {
      const auto& command = std::get<messages::command>(message.payload);
      if (command.operation == "crash") throw std::runtime_error("told to crash");
      context_.store({0, "counters", command.operation, 0, ""}, 1);
    }
    void stored(std::uint64_t, const bus::storage::append_result&) override {
      notes_.push_back(std::to_string(context_.incarnation()));
    }

   private:
    context& context_;
    diary& notes_;
  };
  diary notes;
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back({"keeper", "keeper", [&notes](context& with) {
                              return std::make_unique<keeper>(with, notes);
                            }});
  test_node node({group});
  node.journal.holds = true;
  order(node, command_for("keeper", "first"));
  order(node, command_for("keeper", "crash"));
  node.advance(20'000);
  order(node, command_for("keeper", "second"));
  REQUIRE(node.journal.records.size() >= 2);
  node.journal.release();
  node.engine->run_until_quiet();
  CHECK(notes == diary{"2"});
}

TEST_CASE("an actor knows whether its chain lives on a recording") {
  std::vector<bool> told;
  group_spec group{strategy::one_for_one, {}};
  for (const bool on_recording : {true, false}) {
    group.children.push_back({on_recording ? "recorded" : "living", "scripted",
                              [&told](context& with) {
                                told.push_back(with.lives_on_recording());
                                return std::make_unique<tests::scripted_actor>(
                                    with, [](context&, const auto&) {});
                              },
                              on_recording});
  }
  const test_node node({group});
  CHECK(told == std::vector<bool>{true, false});
}

TEST_CASE("what an incarnation hands on is there for the next one of this node, and bounded") {
  std::vector<std::string> found;
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back(
      {"heir", "scripted", [&found](context& with) {
         found.push_back(with.handed_on());
         return std::make_unique<tests::scripted_actor>(with, [](context& me, const auto& message) {
           const auto& asked = std::get<messages::command>(message.payload);
           if (asked.operation == "restart") me.restart("told to restart");
           if (asked.operation == "hand_on") me.hand_on(asked.point);
         });
       }});
  test_node node({group});
  const auto tell = [&](const std::string& operation, const std::string& what = {}) {
    auto command = command_for("heir", operation);
    command.point = what;
    order(node, command);
    node.advance(2'000'000);
  };
  CHECK(found == diary{""});
  tell("hand_on", "former");
  tell("hand_on", "newest");
  tell("restart");
  CHECK(found == diary{"", "newest"});
  tell("restart");
  CHECK(found == diary{"", "newest", "newest"});
  tell("hand_on", std::string(heirloom_bytes_max, 'x'));
  CHECK(found.size() == 3);
  tell("hand_on", std::string(heirloom_bytes_max + 1, 'y'));
  CHECK(found == diary{"", "newest", "newest", std::string(heirloom_bytes_max, 'x')});
}

TEST_CASE("an actor that subscribes late still learns the catalogue") {
  std::vector<std::string> learned;
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back(
      {"speaker", "scripted", [](context& with) {
         return std::make_unique<tests::scripted_actor>(with, [](context& me, const auto& message) {
           me.say(plane::telemetry, messages::catalogue{"speaker", 7, {}}, message.header.time);
         });
       }});
  group.children.push_back(
      {"listener", "scripted", [&learned](context& with) {
         with.listen("speaker", kind::catalogue);
         return std::make_unique<tests::scripted_actor>(
             with, [&learned](context& me, const messages::message& message) {
               if (const auto* said = std::get_if<messages::catalogue>(&message.payload)) {
                 learned.push_back(said->owner + std::to_string(me.incarnation()));
               } else {
                 throw std::runtime_error("crash");
               }
             });
       }});
  test_node node({group});
  order(node, command_for("speaker", "say"));
  order(node, command_for("listener", "crash"));
  node.advance(50'000);
  CHECK(learned == std::vector<std::string>{"speaker1", "speaker2"});
}

TEST_CASE("events have one sequence without gaps over the restarts of their node") {
  tests::memory_journal kept;
  std::vector<std::uint64_t> published;
  for (int life = 0; life < 3; ++life) {
    event_log log("node_0", "boot" + std::to_string(life), {}, kept,
                  [&](const messages::frame_ptr& frame) {
                    const auto message = messages::decode(*frame);
                    published.push_back(std::get<messages::event>(message->payload).sequence);
                    CHECK(message->header.sequence == published.back());
                  });
    for (int i = 0; i < 4; ++i) {
      log.record({}, {});
      // Other streams share the journal's numbers.
      kept.append({0, "latches", std::to_string(i), 0, "x"}, [](const auto&) {});
    }
    kept.reboot();
  }
  CHECK(published == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
}

TEST_CASE("an event that the journal refuses is told all the same, and counted") {
  tests::memory_journal kept;
  kept.refuse = true;
  int published = 0;
  event_log log("node_0", "boot", {}, kept, [&](const auto&) { ++published; });
  log.record({}, {});
  CHECK(published == 1);
  CHECK(log.not_stored() == 1);
}

TEST_CASE("a node says that it lives at least twice a second and progress moves for every actor") {
  diary notes;
  test_node node(chain(notes));
  node.advance(1'000'000);
  const auto before = node.engine->health();
  node.outside.published.clear();
  node.advance(2'000'000);
  CHECK(node.outside.all<messages::health>().size() >= 4);
  const auto after = node.engine->health();
  for (std::size_t i = 0; i < after.actors.size(); ++i) {
    CHECK(after.actors[i].progress > before.actors[i].progress);
  }
}

TEST_CASE("after a stop nobody of the node uses its endpoint any more") {
  slow_endpoint outside;
  system_clock time;
  node_inbox inbox;
  tests::memory_journal journal;
  const auto progress = progress_page::anonymous();
  engine_options options;
  options.node = "node_0";
  options.boot = "boot";
  options.time = &time;
  options.inbox = &inbox;
  options.outside = &outside;
  options.journal = &journal;
  options.progress = progress.get();
  engine node(std::move(options));
  while (!outside.entered) std::this_thread::yield();
  node.stop();
  CHECK_FALSE(outside.inside);
}

} // namespace engine_test
