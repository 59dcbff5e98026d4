// expect: a quantizer needs quantize_token<Arch>(x, k, q)
// The second argument of a stage quantises tokens.
#include <ternion/ternion.hpp>

struct Zeros {
#ifdef CORRECT
    template <class Arch>
    ternion::TokenScale quantize_token(const float*, std::size_t k, std::int8_t* q) const noexcept {
        for (std::size_t i = 0; i < k; ++i)
            q[i] = 0;
        return {0, 0};
    }
#endif
};

int main() {
    const ternion::InputStage<ternion::NoNorm, Zeros> stage;
    (void)stage;
}
