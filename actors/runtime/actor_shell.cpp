#include <fmt/format.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "actors/runtime/seat.hpp"
#include "messages/digest.hpp"
#include "messages/event_codes.hpp"

namespace voltaic::actors::runtime {
namespace {

// What one incarnation may do; the envelope's sequence starts with it.
class incarnation_context final : public context {
 public:
  explicit incarnation_context(std::shared_ptr<seat> place)
      : place_(std::move(place)),
        environment_(place_->environment()),
        speaker_(place_->owner(), place_->begin_incarnation(), environment_.utc_quality) {}
  ~incarnation_context() override { environment_.bus->unsubscribe(place_); }

  const std::string& name() const override { return place_->owner(); }
  const std::string& node() const override { return environment_.bus->node(); }
  std::uint32_t incarnation() const override { return speaker_.incarnation(); }
  instant now() const override { return environment_.time->now(); }
  bool lives_on_recording() const override { return place_->is_on_recording(); }
  void hand_on(const std::string& what) override { place_->set_heirloom(what); }
  std::string handed_on() const override { return place_->heirloom(); }
  void listen(std::string_view source, kind what) override {
    environment_.bus->subscribe(place_, source, what);
  }
  void say(plane to, messages::payload payload, instant time) override {
    environment_.bus->say(speaker_, to, std::move(payload), time);
  }
  void send(messages::payload payload, instant time) override {
    environment_.bus->send(speaker_, payload, time);
  }
  std::uint64_t record(messages::event event, instant time) override {
    return environment_.events->record(std::move(event), time);
  }
  void store(bus::storage::record record, std::uint64_t token) override {
    const auto to = std::weak_ptr<seat>(place_);
    environment_.journal->append(std::move(record), [to, token, asker = incarnation()](
                                                        const bus::storage::append_result& result) {
      if (const auto place = to.lock()) {
        place->post(stored_mail{asker, token, result});
      }
    });
  }
  void repeat(const messages::payload& telemetry, instant time) override {
    environment_.bus->repeat(speaker_, telemetry, time);
  }
  void hold_node(bool wanted) override { place_->hold_node(wanted); }
  void restart(const std::string& why) override { restart_ = why; }
  [[nodiscard]] const std::optional<std::string>& wants_restart() const { return restart_; }
  bus::storage::journal& journal() override { return *environment_.journal; }

 private:
  std::shared_ptr<seat> place_;
  const seat_environment& environment_;
  speaker speaker_;
  std::optional<std::string> restart_;
};

// Of what was said, whatever envelope it came in: the same words again
// are the same poison.
std::uint64_t hash_of(const messages::message& message) {
  const auto frame = messages::encode(messages::header{}, message.payload);
  return messages::digest_of(frame->bytes());
}

class shell final : public compat::called_actor {
 public:
  shell(caf::actor_config& config, std::shared_ptr<seat> place)
      : called_actor(config), place_(std::move(place)) {}

 private:
  // Some of the mails that wait.
  outcome turn() override {
    for (std::size_t begun = 0; begun < mails_in_a_turn; ++begun) {
      if (next_ == mails_.size()) {
        next_ = 0;
        if (!place_->take(mails_)) return outcome::rests;
      }
      const auto& content = mails_[next_++];
      place_->begins_mail(mails_.size() - next_);
      if (!survives(content)) return outcome::crashed;
    }
    return outcome::has_more;
  }

  void over() override {
    actor_ = nullptr;
    context_ = nullptr;
    mails_.clear();
  }

  // False: the incarnation ends by it.
  bool survives(const mail& content) {
    try {
      handle(content);
      return !is_to_restart();
    } catch (const std::exception& failure) {
      crashed(content, failure.what());
    } catch (...) {
      crashed(content, "an exception that is no std::exception");
    }
    return false;
  }

  void handle(const mail& content) {
    if (std::holds_alternative<start_mail>(content)) {
      context_ = std::make_unique<incarnation_context>(place_);
      actor_ = place_->factory()(*context_);
      if (actor_ == nullptr) {
        throw std::runtime_error("the factory made no actor");
      }
      place_->set_state(actor_state::running);
      return;
    }
    if (actor_ == nullptr) {
      return;
    }
    if (const auto* said = std::get_if<received_ptr>(&content)) {
      if (!is_poison(**said)) actor_->receive(**said);
    } else if (const auto* batch = std::get_if<batch_ptr>(&content)) {
      actor_->receive(**batch);
    } else if (const auto* poll = std::get_if<poll_ptr>(&content)) {
      actor_->receive(**poll);
    } else if (const auto* answer = std::get_if<write_answer_ptr>(&content)) {
      actor_->receive(**answer);
    } else if (const auto* sample = std::get_if<sample_ptr>(&content)) {
      actor_->receive(**sample);
    } else if (const auto* stored = std::get_if<stored_mail>(&content)) {
      if (stored->incarnation == context_->incarnation()) {
        actor_->stored(stored->token, stored->result);
      }
    } else if (const auto* wake = std::get_if<wake_mail>(&content)) {
      actor_->wake(wake->now);
      place_->set_condition(actor_->condition());
    } else if (std::holds_alternative<ending_mail>(content)) {
      actor_->ending();
    } else if (std::holds_alternative<linked_mail>(content)) {
      actor_->linked();
    }
  }

  /// It asked to be started again; told as an event.
  bool is_to_restart() {
    if (context_ == nullptr || !context_->wants_restart()) return false;
    auto event = crash_event(*context_->wants_restart());
    event.state = "restarts";
    record(std::move(event));
    return true;
  }

  // The handler threw: remember which message it was.
  void crashed(const mail& content, const std::string& what) {
    auto event = crash_event(what);
    const auto* message = std::get_if<received_ptr>(&content);
    if (message == nullptr) return record(std::move(event));
    const auto& said = **message;
    const auto hash = hash_of(said);
    if (place_->poison().crashed(hash, said.header.source)) {
      event.state = "quarantined";
      event.code = messages::event_codes::poison;
      event.reason = fmt::format("message {:016x} of {} ended {} incarnations: {}", hash,
                                 said.header.source, poison_crashes_max, what);
    }
    record(std::move(event));
  }

  messages::event crash_event(const std::string& what) {
    place_->set_last_failure(what);
    messages::event event;
    event.kind = "system";
    event.subject = place_->owner();
    event.state = "crashed";
    event.reason = what;
    return event;
  }

  void record(messages::event event) {
    const auto& environment = place_->environment();
    environment.events->record(std::move(event), environment.time->now());
  }

  bool is_poison(const messages::message& message) {
    auto& poison = place_->poison();
    if (poison.empty()) {
      return false;
    }
    if (!poison.quarantined(hash_of(message), message.header.source)) {
      return false;
    }
    place_->count_dead_letter();
    return true;
  }

  std::shared_ptr<seat> place_;
  std::unique_ptr<incarnation_context> context_; ///< outlives the actor
  std::unique_ptr<actor> actor_;
  std::vector<mail> mails_; ///< that it took from its seat
  std::size_t next_ = 0;    ///< of them
};

} // namespace

caf::actor spawn_shell(caf::event_based_actor* parent, std::shared_ptr<seat> place) {
  return compat::spawn_called<shell>(parent, std::move(place));
}

} // namespace voltaic::actors::runtime
