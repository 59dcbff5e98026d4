// expect: Packing
// A type that doesn't describe how trits lie in memory can't be packed to.
#include <ternion/ternion.hpp>
#include <vector>

struct NoPacking {
    static constexpr const char* name = "none";
};
#ifdef CORRECT
using Chosen = ternion::I2S;
#else
using Chosen = NoPacking;
#endif

int main() {
    const std::vector<std::int8_t> trits{1, 0, -1};
    return static_cast<int>(ternion::pack<Chosen>(trits, 1, 3).rows());
}
