#include "family_slice.hpp"

template void test::append_products<test::kernel_slices>(std::vector<test::ActivationProducts>&);
