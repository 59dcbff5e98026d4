#include "family_slice.hpp"

template void test::append_kernels<0>(std::vector<test::Kernel>&);
template void test::append_products<0>(std::vector<test::ActivationProducts>&);
