// LLVM's libFuzzer asks for one entry a program: the environment says which target it is.
#include <cstdio>
#include <cstdlib>

#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);

int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  const char* name = std::getenv("VOLTAIC_FUZZ_TARGET");
  const auto* chosen = voltaic::fuzz::find_target(name == nullptr ? "" : name);
  if (chosen == nullptr) {
    std::fprintf(stderr, "VOLTAIC_FUZZ_TARGET is to be one of:\n%s",
                 voltaic::fuzz::target_names().c_str());
    std::exit(2);
  }
  voltaic::fuzz::choose(*chosen);
  return 0;
}
