#include "kernels_slice.hpp"

template void test::append_kernels<0>(std::vector<Kernel>&);
