// expect: a norm needs channels() and normalise(x, y) noexcept
// What stands before a quantizer normalises one token at a time.
#include <ternion/ternion.hpp>

struct Halves {
    static std::size_t channels() { return 2; }
    void normalise(const float* x, float* y) const
#ifdef CORRECT
        noexcept
#endif
    {
        y[0] = x[0] / 2;
        y[1] = x[1] / 2;
    }
};

int main() {
    const ternion::InputStage stage(Halves{});
    (void)stage;
}
