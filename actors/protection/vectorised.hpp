#pragma once

/// Before a function with plain loops over many elements: it is compiled twice, for any processor
/// and for those with AVX2, and the loader takes what fits. Only for loops that come to the same
/// however wide they run: whole numbers, or floats of which none is summed up.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VOLTAIC_VECTORISED [[gnu::target_clones("avx2", "default")]]
#else
#define VOLTAIC_VECTORISED
#endif
