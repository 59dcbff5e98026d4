#include "kernels_slice.hpp"

template void test::append_kernels<7>(std::vector<Kernel>&);
