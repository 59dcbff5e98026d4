#include "family_slice.hpp"

template void test::append_layers<1>(std::vector<test::Layer>&);
