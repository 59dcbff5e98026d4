#include "kernels_slice.hpp"

template void test::append_kernels<1>(std::vector<Kernel>&);
