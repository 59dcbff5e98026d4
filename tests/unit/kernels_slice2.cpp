#include "family_slice.hpp"

template void test::append_kernels<2>(std::vector<test::Kernel>&);
template void test::append_products<2>(std::vector<test::ActivationProducts>&);
