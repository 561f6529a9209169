#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "messages/expected.hpp"

/// One page of counters that a node's actors move and that a watchdog outside
/// the process reads: who stands still for too long is wedged.
namespace voltaic::actors::runtime {

/// Counters of one page, bytes of their names without the final zero, and the mark by which a
/// page is known.
inline constexpr std::size_t progress_slots_max = 128;
inline constexpr std::size_t progress_name_max = 55;
inline constexpr std::uint64_t progress_magic = 0x32656761'70746c76; // "vltpage2"

/// As it lies in the shared file. `count` grows before a slot is used; a name
/// never changes once its slot counts.
struct progress_layout {
  /// One actor or part of the node, and how many steps it has made.
  struct slot {
    std::array<char, progress_name_max + 1> name;
    std::atomic<std::uint64_t> progress;
    std::atomic<std::int64_t> thread; ///< the one that moves it, as the kernel numbers it; 0: none
  };
  std::atomic<std::uint64_t> magic;
  std::atomic<std::int64_t> pid;
  std::atomic<std::uint64_t> count;
  std::atomic<std::uint64_t> running; ///< 1 once every actor runs, 0 while starting or stopping
  std::array<slot, progress_slots_max> slots;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// Counts the steps of one actor or part of a node. The thread that makes the first one is the one
/// that runs it: what any other thread says of it counts for nothing, so that nobody keeps up the
/// look of an actor that is stuck.
class progress_counter {
 public:
  explicit progress_counter(progress_layout::slot& slot) : slot_(&slot) {}
  void step();
  [[nodiscard]] std::uint64_t value() const { return slot_->progress; }

 private:
  progress_layout::slot* slot_;
};

/// A mapped page; unmapped at the end, the file stays for its owner to remove.
class progress_page {
 public:
  /// Memory of this process only: for `run`, `simulate` and tests.
  [[nodiscard]] static std::unique_ptr<progress_page> anonymous();
  /// Creates (or clears) the file of a node, mode 0600.
  [[nodiscard]] static messages::expected<std::unique_ptr<progress_page>> create(
      const std::string& path);
  /// Maps another process's page to read it.
  [[nodiscard]] static messages::expected<std::unique_ptr<progress_page>> open(
      const std::string& path);
  ~progress_page();
  progress_page(const progress_page&) = delete;
  progress_page& operator=(const progress_page&) = delete;

  /// The counter of an actor, new or known, which lives as long as the page. More than
  /// `progress_slots_max` actors share the last slot.
  [[nodiscard]] progress_counter counter(std::string_view name);
  [[nodiscard]] progress_layout& layout() { return *layout_; }
  [[nodiscard]] const progress_layout& layout() const { return *layout_; }

 private:
  [[nodiscard]] progress_layout::slot& slot_of(std::string_view name);
  explicit progress_page(progress_layout* layout) : layout_(layout) {}
  [[nodiscard]] static messages::expected<std::unique_ptr<progress_page>> map(
      const std::string& path, int flags);
  progress_layout* layout_;
};

} // namespace voltaic::actors::runtime
