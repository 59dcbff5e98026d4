#include "family_slice.hpp"

template void test::append_layers<2>(std::vector<test::Layer>&);
