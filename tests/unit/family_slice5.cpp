#include "family_slice.hpp"

template void test::append_layers<5>(std::vector<test::Layer>&);
