#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/runtime/actor.hpp"

namespace voltaic::actors::runtime {

/// A latch that the journal did not take is given to it again after this.
inline constexpr std::int64_t latch_retry_us = messages::us_per_s;

/// A latch as the journal keeps it, by its name.
struct kept_latch {
  std::string name;
  bool latched = true;
  std::map<std::string, std::string> details; ///< what its owner needs to know it again
};

/// What another actor of this journal latched and nobody let go of; what cannot be read is left
/// out.
[[nodiscard]] std::vector<kept_latch> latched_by(bus::storage::journal& journal,
                                                 const std::string& actor);

/// What a member of a rack's chain knows from its former lives: an epoch that
/// is never given twice, and its latches. Belongs to the actor whose context it has.
class chain_memory {
 public:
  /// The largest of its tokens; its owner uses others.
  static constexpr std::uint64_t last_token = 2;

  /// Loads what the journal remembers.
  explicit chain_memory(context& owner);

  /// Something may have been latched, and nobody can say what.
  [[nodiscard]] bool is_lost() const { return lost_; }
  [[nodiscard]] const std::vector<kept_latch>& latched() const { return latched_; }
  /// Those that a person let go of, for what their owner counts of them.
  [[nodiscard]] const std::vector<kept_latch>& released() const { return released_; }
  /// Of this life.
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  /// False: there was a journal once, but it does not tell the former epoch.
  [[nodiscard]] bool knows_epoch() const { return knows_epoch_; }
  /// Goes on behind an epoch that somebody else remembers. Before `begin`.
  void follow(std::uint32_t former) { epoch_ = former + 1; }
  /// Before, the same epoch might be given again.
  [[nodiscard]] bool is_epoch_stored() const { return epoch_stored_; }

  /// Journals the epoch, once what was kept before is on disk: an epoch there
  /// tells every later life that nothing was forgotten.
  void begin(instant now);
  /// Journals a latch that came or went.
  void keep(kept_latch latch, instant now);
  /// Gives the journal again what it refused, when it is time.
  void retry(instant now);
  /// The owner's `stored` hands on what it got. False: a latch was refused.
  [[nodiscard]] bool stored(std::uint64_t token, const bus::storage::append_result& result,
                            instant now);

 private:
  void load_latches();
  /// The journal is given it again with the next that is.
  void keep_later(kept_latch latch);
  void load_epoch();
  void store(const kept_latch& latch, instant now);
  void store_epoch(instant now);

  context& owner_;
  bool lost_ = false;
  std::vector<kept_latch> latched_;        ///< at the start
  std::vector<kept_latch> released_;       ///< at the start
  std::map<std::string, kept_latch> kept_; ///< as they came or went in this life
  std::optional<std::int64_t> retry_us_;   ///< when the journal is given them again
  std::size_t storing_ = 0;                ///< latches that the journal has not answered
  std::uint32_t epoch_ = 0;
  bool epoch_due_ = false;
  bool knows_epoch_ = false;
  bool epoch_stored_ = false;
};

} // namespace voltaic::actors::runtime
