#include "kernels_slice.hpp"

template void test::append_kernels<4>(std::vector<Kernel>&);
