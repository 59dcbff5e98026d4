#include "family_slice.hpp"

template void test::append_kernels<5>(std::vector<test::Kernel>&);
template void test::append_products<5>(std::vector<test::ActivationProducts>&);
