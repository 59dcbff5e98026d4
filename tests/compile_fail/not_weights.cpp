// expect: the weights need a product with these activations
// Weights of a user's own bring their product; a size alone makes no layer.
#include <ternion/ternion.hpp>

struct Doubling {
    static std::size_t rows() { return 2; }
    static std::size_t cols() { return 2; }
#ifdef CORRECT
    template <class Out>
    void multiply(const ternion::QuantizedActivations& x, ternion::RowRange rows,
                  const ternion::Output<Out>& out) const {
        for (std::size_t m = 0; m < x.tokens(); ++m)
            for (std::size_t n = rows.begin; n < rows.end; ++n)
                out.data[m * out.ld + n] = static_cast<Out>(2 * x.row(m)[n]);
    }
#endif
};

int main() {
    const ternion::BitLinear layer(Doubling{});
    ternion::BitLinearWorkspace workspace;
    const std::vector<float> x{1, 2};
    std::vector<float> y(2);
    layer.forward(x, 1, y, workspace);
}
