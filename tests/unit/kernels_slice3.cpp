#include "kernels_slice.hpp"

template void test::append_kernels<3>(std::vector<Kernel>&);
