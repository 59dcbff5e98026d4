#include "family_slice.hpp"

template void test::append_kernels<7>(std::vector<test::Kernel>&);
template void test::append_products<7>(std::vector<test::ActivationProducts>&);
