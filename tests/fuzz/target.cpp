#ifndef FUZZ_INPUTS
#define FUZZ_INPUTS "inputs.hpp"
#endif
#include FUZZ_INPUTS

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    bitnet_tests::FUZZ_INPUT({reinterpret_cast<const char*>(data), size});
    return 0;
}
