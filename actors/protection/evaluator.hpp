#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/protection_model.hpp"
#include "actors/protection/telemetry_reader.hpp"
#include "actors/protection/witness_reader.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/chain_memory.hpp"

namespace voltaic::actors::protection {

/// What an evaluator judges by and whom it hears.
struct evaluator_options {
  protection_options rules;
  std::string device;                 ///< the actor that feeds the rack
  std::vector<std::string> equipment; ///< others whose points are judged
  /// The link of the inverter that compares the rack's current with its own; empty: nobody does.
  std::string witness;
};

/// One instance of a rack's protection: its inputs, its model, and its latches in the journal
/// under its actor's name. It says nothing.
class evaluator {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  evaluator(runtime::context& context, evaluator_options options);

  /// Values for the next step.
  struct news {
    inputs values; ///< valid until the next message
    runtime::instant time;
  };
  /// What a message brings to judge. What another node's device says moves no time: it holds
  /// from `chain`, the chain's last instant, on; nothing: it has none yet.
  [[nodiscard]] std::optional<news> hear(const messages::message& message,
                                         const std::optional<runtime::instant>& chain);

  /// `former`: those that another evaluator of the rack latched are taken as well.
  void load_latches(bool store_lost, const std::vector<runtime::kept_latch>& former = {});
  /// Journals that nobody knows what was latched, where that is so.
  void keep_lost_store(runtime::instant now);
  /// Journals the latches that a step or a reset changed.
  void keep_latches(const outputs& said, runtime::instant now);
  /// Leaves what its limits are held at to its next life in this node, which goes on from there.
  void hand_on_limits();
  /// What a verdict permits, as the next word of this life. It allows no closing where the journal
  /// has not kept the life's number: one that might be given twice fences nobody off.
  [[nodiscard]] messages::permit next_permit(const verdict& word);
  /// What the journal says of what it was given.
  void stored(std::uint64_t token, const bus::storage::append_result& result, runtime::instant now);

  [[nodiscard]] const std::string& device() const { return device_; }
  /// Who measures another current than the rack shows, and which; empty: nobody says so now.
  [[nodiscard]] const std::string& witness_words() const { return witness_.words(); }
  [[nodiscard]] const std::string& contactor() const { return contactor_; }
  [[nodiscard]] protection_model& model() { return model_; }
  [[nodiscard]] const protection_model& model() const { return model_; }
  [[nodiscard]] runtime::chain_memory& memory() { return memory_; }
  [[nodiscard]] const runtime::chain_memory& memory() const { return memory_; }
  /// Its contactors are known to be open.
  [[nodiscard]] bool is_open() const { return open_; }
  /// The same, or nothing here can open them: a reset asks for no more.
  [[nodiscard]] bool is_standby() const { return open_ || !model_.options().can_open; }
  /// They are opening, or about to.
  [[nodiscard]] bool is_opening() const { return opening_; }

 private:
  void learn(const messages::message& message, const messages::catalogue& told);
  [[nodiscard]] static std::optional<bool> joined_of(const messages::telemetry& contactor);
  void hear_contactor(const messages::telemetry& said);

  runtime::context& context_;
  std::string device_;
  std::string contactor_;
  std::optional<held_shares> handed_on_; ///< in this life
  protection_model model_;
  telemetry_reader reader_;
  std::vector<telemetry_reader> equipment_;
  witness_reader witness_;
  runtime::chain_memory memory_;
  std::uint64_t permits_said_ = 0;
  bool open_ = false;
  bool opening_ = false;
};

} // namespace voltaic::actors::protection
