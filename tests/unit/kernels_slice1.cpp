#include "family_slice.hpp"

template void test::append_kernels<1>(std::vector<test::Kernel>&);
template void test::append_products<1>(std::vector<test::ActivationProducts>&);
