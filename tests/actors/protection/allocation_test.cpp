#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "actors/protection/full_rack.hpp"

#ifndef __SANITIZE_ADDRESS__
namespace {
thread_local std::size_t allocations = 0;
} // namespace

// Counts what this program allocates by `new`; memory itself comes from malloc as before.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace voltaic::actors::protection::allocation_test {

TEST_CASE("F-020 a step without news allocates nothing, quiet or with every cell pending") {
#ifdef __SANITIZE_ADDRESS__
  // AddressSanitizer has an operator new of its own, which must not be replaced.
  WARN("skipped: allocations are not counted under AddressSanitizer");
  return;
#else
  for (const double volt : {3.3, 3.57}) {
    testing::bench_rack rack(testing::options_for("lfp", 480));
    rack.settle();
    rack.set_all(volt);
    rack.scan();
    const auto before = allocations;
    for (int step = 0; step < 50; ++step) {
      rack.now_us += 50'000;
      const element_block blocks[] = {{0, rack.now_us, rack.values, quality::good, {}}};
      inputs news;
      news.blocks = blocks;
      rack.model.step(news, {rack.now_us, rack.now_us});
    }
    CHECK(allocations == before);
    CHECK(before > 0); // the counter counts
  }
#endif
}

TEST_CASE("F-020 a step with every input and every level pending allocates nothing") {
#ifdef __SANITIZE_ADDRESS__
  WARN("skipped: allocations are not counted under AddressSanitizer");
  return;
#else
  for (const bool pending : {false, true}) {
    testing::full_rack rack(testing::full_options("lfp", 480));
    rack.settle();
    if (pending) {
      rack.set(measured::cell_voltage, 3.76);
      rack.set(measured::voltage, 3.76 * 480 * 1.02);
      rack.set(measured::cell_temperature, 61);
      rack.set(measured::soc, 4);
    }
    rack.run(50);
    std::size_t least = 1'000;
    for (int step = 0; step < 4; ++step) { // nothing sets within 200 ms
      rack.now_us += 40'000;
      std::vector<element_block> blocks;
      for (std::size_t each = 0; each < known_count; ++each)
        blocks.push_back(
            {0, rack.now_us, rack.values[each], quality::good, {}, static_cast<measured>(each)});
      inputs news;
      news.blocks = blocks;
      const auto before = allocations;
      rack.model.step(news, {rack.now_us, rack.now_us});
      least = std::min(least, allocations - before);
    }
    CHECK(least == 0);
  }
#endif
}

} // namespace voltaic::actors::protection::allocation_test
