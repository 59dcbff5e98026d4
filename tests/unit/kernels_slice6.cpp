#include "family_slice.hpp"

template void test::append_kernels<6>(std::vector<test::Kernel>&);
template void test::append_products<6>(std::vector<test::ActivationProducts>&);
