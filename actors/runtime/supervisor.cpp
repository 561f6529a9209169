#include "actors/runtime/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voltaic::actors::runtime {

// A backoff has passed for these children.
struct restart_due {
  std::vector<std::size_t> children;
};

} // namespace voltaic::actors::runtime

namespace caf {
template <>
struct allowed_unsafe_message_type<voltaic::actors::runtime::restart_due> : std::true_type {};
} // namespace caf

namespace voltaic::actors::runtime {
namespace {

class shell {
 public:
  shell(caf::event_based_actor* self, std::shared_ptr<supervisor_options> options)
      : self_(self),
        options_(std::move(options)),
        model_(options_->policy, options_->groups),
        children_(options_->seats.size()) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      start(i);
    }
  }

  void down(const caf::actor_addr& source) {
    const auto found = std::find_if(children_.begin(), children_.end(), [&](const child& one) {
      return one.life != life::none && one.address == source;
    });
    if (found == children_.end()) {
      return;
    }
    const auto index = static_cast<std::size_t>(found - children_.begin());
    const bool asked = found->life == life::ending;
    found->life = life::none;
    if (stopping_) {
      stop_next();
    } else if (asked) {
      start_due();
    } else {
      restart(index);
    }
  }

  void due(const restart_due& which) {
    if (stopping_) {
      return;
    }
    for (const auto index : which.children) {
      children_[index].due = true;
    }
    start_due();
  }

  void stop() {
    if (stopping_) {
      return;
    }
    stopping_ = true;
    stop_next();
  }

 private:
  enum class life { none, live, ending };
  struct child {
    shell::life life = life::none;
    caf::actor_addr address;
    bool wanted = false; ///< is to be started again
    bool due = false;    ///< and its backoff has passed
  };

  void start(std::size_t index) {
    auto& one = children_[index];
    const auto& place = options_->seats[index];
    one.wanted = one.due = false;
    const auto handle = spawn_shell(self_, place);
    one.address = handle.address();
    one.life = life::live;
    place->attach(handle);
  }

  void end(std::size_t index, actor_state state) {
    auto& one = children_[index];
    const auto& place = options_->seats[index];
    const auto handle = place->handle();
    place->detach(state);
    if (one.life != life::live) {
      return;
    }
    one.life = life::ending;
    if (handle) {
      compat::ask_to_end(handle);
    }
  }

  void restart(std::size_t index) {
    const auto& place = options_->seats[index];
    place->detach(actor_state::backoff);
    const auto decision = model_.on_exit(index, place->environment().time->now().monotonic_us);
    if (decision.escalate) {
      give_up(index);
      return;
    }
    for (const auto other : decision.stop) {
      end(other, actor_state::backoff);
    }
    for (const auto other : decision.start) {
      children_[other].wanted = true;
      children_[other].due = false;
    }
    compat::tell_after(self_, std::chrono::microseconds(decision.delay_us),
                       restart_due{decision.start});
  }

  // A group starts again in its order, and only once everybody who is to be
  // started has ended: two incarnations never live at a time.
  void start_due() {
    for (std::size_t first = 0; first < children_.size();) {
      const auto group = model_.group_of(first);
      bool ready = true;
      for (auto i = first; i < first + group.count; ++i) {
        const auto& one = children_[i];
        if (one.wanted && (!one.due || one.life != life::none)) {
          ready = false;
        }
      }
      for (auto i = first; ready && i < first + group.count; ++i) {
        if (children_[i].wanted) {
          start(i);
        }
      }
      first += group.count;
    }
  }

  void give_up(std::size_t index) {
    const auto& place = options_->seats[index];
    const auto reason =
        fmt::format("{} ended more than {} times in {} s, last: {}", place->owner(),
                    options_->policy.restarts_max, options_->policy.window_us / messages::us_per_s,
                    place->last_failure());
    stopping_ = failed_ = true;
    stop_next();
    options_->on_failed(reason);
  }

  // Ends the last one that lives; its down message brings the next.
  void stop_next() {
    for (auto i = children_.size(); i-- > 0;) {
      if (children_[i].life == life::ending) {
        return;
      }
      if (children_[i].life == life::live) {
        end(i, failed_ ? actor_state::failed : actor_state::stopped);
        return;
      }
      options_->seats[i]->detach(failed_ ? actor_state::failed : actor_state::stopped);
    }
    if (std::exchange(told_, true)) {
      return;
    }
    options_->on_stopped();
    self_->quit();
  }

  caf::event_based_actor* self_;
  std::shared_ptr<supervisor_options> options_;
  restart_model model_;
  std::vector<child> children_;
  bool stopping_ = false;
  bool failed_ = false;
  bool told_ = false;
};

} // namespace

caf::behavior supervisor(caf::event_based_actor* self,
                         std::shared_ptr<supervisor_options> options) {
  const auto state = std::make_shared<shell>(self, std::move(options));
  compat::on_down(self, [state](const caf::actor_addr& source, bool) { state->down(source); });
  compat::on_exit_request(self, [state] { state->stop(); });
  return {[state](const restart_due& which) { state->due(which); },
          [state](const stop_request&) { state->stop(); }};
}

} // namespace voltaic::actors::runtime
