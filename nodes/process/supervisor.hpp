#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/control/control_socket.hpp"
#include "messages/expected.hpp"
#include "nodes/process/plan_difference.hpp"
#include "nodes/process/process_set.hpp"
#include "nodes/process/site_events.hpp"
#include "nodes/process/site_lock.hpp"
#include "nodes/process/site_start.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What became of the view of the site on this process's terminal.
enum class view_change : std::uint8_t {
  shown, ///< it has the terminal from now on
  left,  ///< it has given the terminal back
  lost   ///< it ended without: the terminal is as it was when it died
};

/// How a site is run, and by whom.
struct supervisor_options {
  std::string program;       ///< the voltaic command that children run
  std::string command;       ///< "voltaic up": what holds the site
  bool nodes = true;         ///< false: the nodes live in this process (`voltaic run`)
  bool simulator = true;     ///< start buses and simulators where the site has [simulator]
  bool status_lines = false; ///< a child prints one a second
  bool view = false;         ///< a child draws the site instead; who leaves it stops the site
  std::function<void(view_change)> on_view;
  std::string user; ///< who starts the site, and in which role
  std::string role;
  std::string record; ///< file in which the relay records the bus; empty: none
  std::function<void(std::string_view)> log; ///< one line of what happened
};

/// Runs a site: starts its processes in order, restarts what ends or stands
/// still, answers `status` and `apply` on the control socket, stops in order.
/// It uses neither CAF nor ZeroMQ, so that neither can take it down.
class supervisor {
 public:
  /// Creates the folders, takes the site's lock and opens the control socket.
  /// Nodes start from the contents that the plan was loaded from, which are kept before.
  [[nodiscard]] static messages::expected<std::unique_ptr<supervisor>> make(
      site_start start, supervisor_options options);
  ~supervisor();

  /// Returns once everything has stopped: after `request_stop`, or `for_us`
  /// after everything was ready. Children live as long as the calling thread.
  void run(std::optional<std::int64_t> for_us);
  /// From any thread or signal handler. `signal`: that asks for it; 0: none does.
  void request_stop(int signal = 0);
  /// Every process runs (or has failed).
  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] bool any_failed() const { return failed_; }
  /// With `nodes` false: what `status` says of all of them. Any thread.
  void set_node_state(process_state state) { node_state_ = state; }

 private:
  struct pending_apply {
    std::optional<bus::control::control_server::client_id> from; ///< nothing: was answered
    std::string answer;
    std::int64_t deadline_us = 0;
  };
  supervisor(site::plan plan, supervisor_options options);
  [[nodiscard]] process_spec node_spec(const site::plan& plan, const site::node& node) const;
  [[nodiscard]] process_spec bus_spec(const site::plan& plan, const std::string& name) const;
  [[nodiscard]] process_spec simulator_spec(const site::plan& plan, const std::string& rack) const;
  [[nodiscard]] process_spec spec_of(const site::plan& plan, part_kind part,
                                     const std::string& name) const;
  [[nodiscard]] bool simulated() const { return options_.simulator && plan_.simulator.present; }
  void add_processes();
  void turn(std::int64_t now_us);
  void answer(bus::control::control_server::client_id from, std::string_view line);
  [[nodiscard]] std::string status(std::int64_t now_us);
  [[nodiscard]] std::string apply(const nlohmann::json& asked, bool& wait);
  [[nodiscard]] nlohmann::json as_asked_by(bus::control::control_server::client_id from,
                                           nlohmann::json request) const;
  [[nodiscard]] nlohmann::json carry_out(const std::vector<change>& changes,
                                         const site::plan& wanted);
  void show_site();
  void look_after_display();
  void end_display(bool in_order);
  void remove_traces() const;
  void tell_start();
  void tell_ready();
  void tell_stop();
  void tell_rejected(const site_start& start);
  void tell_distrusted(const messages::findings& found);
  void tell_apply(const nlohmann::json& asked, std::string state, std::string reason,
                  std::vector<std::string> changes);
  /// What a person has to know of it; the events say that, too.
  /// Who wants an older version, and why; empty where the site is started.
  struct older_accepted {
    std::string user;
    std::string role;
    std::string reason;
  };
  std::vector<std::string> keep_files(const site::plan& plan, const site::contents& of,
                                      const older_accepted& by);
  [[nodiscard]] messages::expected<bool> write_applied(const site::contents& of) const;
  [[nodiscard]] std::string applied_path() const;

  site::plan plan_;
  supervisor_options options_;
  std::int64_t scenario_start_us_; ///< t=0 of what simulated devices play, monotonic
  std::unique_ptr<site_lock> lock_;
  std::unique_ptr<bus::control::control_server> control_;
  std::unique_ptr<site_events> events_; ///< once the lock is held
  process_set processes_;
  std::unique_ptr<child_process> display_; ///< status lines or the view
  std::optional<pending_apply> pending_;
  int wake_file_ = -1;
  std::atomic<bool> stop_requested_ = false;
  std::atomic<int> stop_signal_ = 0;
  bool ready_told_ = false;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> failed_ = false;
  std::atomic<process_state> node_state_ = process_state::starting;
  std::int64_t started_us_ = 0;
  double own_cpu_s_ = 0;
  std::int64_t own_cpu_us_ = 0;
  double own_cpu_percent_ = 0;
};

} // namespace voltaic::nodes::process
