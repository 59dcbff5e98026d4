#include "family_slice.hpp"

template void test::append_layers<0>(std::vector<test::Layer>&);
