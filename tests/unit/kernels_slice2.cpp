#include "kernels_slice.hpp"

template void test::append_kernels<2>(std::vector<Kernel>&);
