#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/runtime/engine.hpp"
#include "bus/message/memory/hub.hpp"
#include "bus/message/record/capture_store.hpp"
#include "bus/storage/journal.hpp"
#include "nodes/process/actor_kinds.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::simulate {

/// The actors of one node, as `run` and `node` start them too.
using group_factory = std::function<std::vector<actors::runtime::group_spec>(
    const site::plan& plan, const site::node& node, const process::field_access& field)>;

/// One node of a simulated site over all its lives: its journal and captures stay, as a disk does,
/// all else begins anew. Plan and hub outlive it.
class simulated_node {
 public:
  /// `captures` is the folder for captures of faults; empty: nothing is captured.
  simulated_node(const site::plan& plan, const site::node& which, const std::string& captures);

  [[nodiscard]] const std::string& name() const { return node_->name; }
  /// nullptr: its process ended.
  [[nodiscard]] actors::runtime::engine* engine() { return life_ ? life_->engine.get() : nullptr; }

  void start(messages::instant now, bus::message::memory_hub& hub, const group_factory& make_groups,
             const process::field_access& field);
  void set_clock(std::int64_t monotonic_us);
  /// Its actor, where it lives and has one of that name.
  [[nodiscard]] actors::runtime::mailbox_ptr find(std::string_view actor);
  /// As SIGKILL ends a process.
  void kill(std::int64_t starts_again_us);
  [[nodiscard]] bool is_to_start(std::int64_t now_us) const {
    return !life_ && now_us >= starts_again_us_;
  }
  /// The end of the simulation: captures that are being made are kept.
  void end();

 private:
  /// From a node's start to its end.
  struct life {
    explicit life(messages::instant start) : clock(start) {}
    actors::runtime::manual_clock clock;
    actors::runtime::node_inbox inbox;
    std::unique_ptr<actors::runtime::progress_page> progress =
        actors::runtime::progress_page::anonymous();
    std::unique_ptr<bus::message::endpoint> outside;
    std::unique_ptr<actors::runtime::engine> engine;
  };

  const site::plan* plan_;
  const site::node* node_;
  std::unique_ptr<bus::storage::journal> journal_;
  std::unique_ptr<bus::message::capture_store> captures_; ///< null: nothing is captured
  std::uint32_t starts_ = 0;
  std::unique_ptr<life> life_; ///< null: its process ended
  std::int64_t starts_again_us_ = 0;
};

} // namespace voltaic::nodes::simulate
