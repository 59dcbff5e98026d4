#include "family_slice.hpp"

template void test::append_kernels<4>(std::vector<test::Kernel>&);
template void test::append_products<4>(std::vector<test::ActivationProducts>&);
