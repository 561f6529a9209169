#include <catch2/catch.hpp>

#include <cstdlib>
#include <new>

#include "actors/protection/bench_rack.hpp"

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

namespace voltaic::actors::protection {

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
      news.cells = blocks;
      rack.model.step(news, {rack.now_us, rack.now_us});
    }
    CHECK(allocations == before);
    CHECK(before > 0); // the counter counts
  }
#endif
}

} // namespace voltaic::actors::protection
