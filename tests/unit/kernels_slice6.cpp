#include "kernels_slice.hpp"

template void test::append_kernels<6>(std::vector<Kernel>&);
