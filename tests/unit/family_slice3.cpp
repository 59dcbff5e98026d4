#include "family_slice.hpp"

template void test::append_layers<3>(std::vector<test::Layer>&);
