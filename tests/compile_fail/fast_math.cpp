// expect: -ffast-math and -ffinite-math-only change rounding and the handling of NaN
// What a compiler defines under -ffast-math.
#ifndef CORRECT
#define __FAST_MATH__ 1
#endif
#include <ternion/ternion.hpp>

int main() {}
