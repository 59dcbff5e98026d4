#include "family_slice.hpp"

template void test::append_layers<4>(std::vector<test::Layer>&);
