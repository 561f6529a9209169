#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messages/expected.hpp"

/// How a node's process and its supervisor see each other without the bus.
namespace voltaic::bus::control {

/// Phases of a node's life, as its page shows them.
enum class node_phase : std::uint32_t {
  starting, ///< loading, connecting: the start timeout counts, not the wedge time
  ready,    ///< every actor runs: each counter must move
  stopping
};

inline constexpr std::size_t progress_slots_max = 1024;
inline constexpr std::size_t progress_name_bytes = 56;

/// A small file in shared memory with one counter an actor. The node writes,
/// the supervisor only looks: it works while the node is stuck, stopped or dead.
class progress_page {
 public:
  struct observation {
    std::int64_t pid = 0;
    node_phase phase = node_phase::starting;
    std::vector<std::string> names;
    std::vector<std::uint64_t> counters;
  };

  /// The node's side: makes a new page (replacing that of a dead predecessor)
  /// with one slot for each actor.
  [[nodiscard]] static messages::expected<std::unique_ptr<progress_page>> create(
      const std::string& path, const std::vector<std::string>& actors);
  /// The supervisor's side, read only.
  [[nodiscard]] static messages::expected<std::unique_ptr<progress_page>> open(
      const std::string& path);

  ~progress_page();
  progress_page(const progress_page&) = delete;
  progress_page& operator=(const progress_page&) = delete;

  /// Writer only. The counter of one actor, valid as long as the page. The
  /// actor adds one each time that it handled a message, at least every 50 ms.
  [[nodiscard]] std::atomic<std::uint64_t>& counter(std::size_t slot);
  [[nodiscard]] std::size_t size() const;
  /// Writer only.
  void set_phase(node_phase phase);
  [[nodiscard]] observation read() const;

 private:
  struct layout;
  progress_page(layout* page, std::size_t bytes, bool writer);
  layout* page_;
  std::size_t bytes_;
  bool writer_;
};

} // namespace voltaic::bus::control
