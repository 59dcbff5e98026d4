#include "family_slice.hpp"

template void test::append_kernels<3>(std::vector<test::Kernel>&);
template void test::append_products<3>(std::vector<test::ActivationProducts>&);
