#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/process.hpp"
#include "messages/can/frame.hpp"
#include "nodes/site/plan.hpp"

/// What the trip benchmark is made of.
namespace voltaic::bench::trip_bench {

inline constexpr std::size_t samples_max = 100'000;

/// Who is asked for SCHED_FIFO: the processes on the measured way, or nobody.
enum class rights { real_time, none };

/// Asks for what was said, for this process and all threads it starts from now on.
void take(rights asked);
/// Whether this machine grants real-time rights to us.
[[nodiscard]] bool real_time_is_granted();

/// For the benchmark itself: it plays hardware, whose time is its own. Ends with it.
class borrowed_rights {
 public:
  borrowed_rights() { take(rights::real_time); }
  ~borrowed_rights();
  borrowed_rights(const borrowed_rights&) = delete;
  borrowed_rights& operator=(const borrowed_rights&) = delete;
};

/// Keeps this process and all that it forks on two cores; gives them back.
class two_cores {
 public:
  two_cores();
  ~two_cores();
  two_cores(const two_cores&) = delete;
  two_cores& operator=(const two_cores&) = delete;

 private:
  std::vector<std::uint8_t> before_;
};

/// A site of one rack whose cells trip at once and let go at once.
class trip_site {
 public:
  /// Throws std::runtime_error with what is wrong. Run from the project's folder.
  trip_site();
  ~trip_site();
  trip_site(const trip_site&) = delete;
  trip_site& operator=(const trip_site&) = delete;
  [[nodiscard]] const nodes::site::plan& plan() const { return plan_; }

 private:
  scratch_folder folder_;
  nodes::site::plan plan_;
};

/// The frames of the demo rack, as its first rack sends and hears them.
inline constexpr std::uint32_t order_id = 0x080;
inline constexpr std::uint32_t last_cells_id = 0x0FF;
inline constexpr std::size_t order_contactor_byte = 4;
inline constexpr std::uint16_t good_cell_mv = 3300;
inline constexpr std::uint16_t high_cell_mv = 3700;

[[nodiscard]] std::vector<messages::can::frame> cell_frames(std::uint16_t last_cell_mv);
/// Without them nothing closes.
[[nodiscard]] std::vector<messages::can::frame> temperature_frames();
/// Status, values and limits of a rack that follows this order at once.
[[nodiscard]] std::vector<messages::can::frame> answer_to(std::uint8_t contactor);

/// The raw hops of a trip in a process of their own: from a seqpacket socket
/// into the mailbox of the first of three bare CAF actors, from the last one back
/// into a seqpacket socket.
class raw_hops {
 public:
  explicit raw_hops(rights asked);
  /// Latencies of this many passes, in microseconds.
  [[nodiscard]] std::vector<double> block(std::size_t passes);

 private:
  struct page {
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> done{0};
    std::array<double, samples_max> latency_us{};
  };
  static void work(page& memory, rights asked);
  shared<page> memory_;
  process process_;
};

} // namespace voltaic::bench::trip_bench
