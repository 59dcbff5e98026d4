#include "kernels_slice.hpp"

template void test::append_kernels<5>(std::vector<Kernel>&);
