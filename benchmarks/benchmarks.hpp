#pragma once

namespace bench {

// Each registers its benchmarks with Google Benchmark, as `options()` ask.

void register_limits();           // limit/read, limit/read_cache, limit/int8_dot
void register_multiplications();  // gemv, gemm
void register_conversions();      // pack, unpack, repack
void register_token_work();       // quantize, epilogue
void register_family();           // family
void register_listed();           // listed
void register_rivals();           // rival

}  // namespace bench
