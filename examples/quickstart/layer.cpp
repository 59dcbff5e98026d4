#include <iostream>
#include <vector>

#include <ternion/ternion.hpp>

int main() {
    using namespace ternion;
    constexpr std::size_t k = 4;
    // Float weights become trits and one scale by absmean, as BitNet b1.58 does. The norm comes before quantising.
    const std::vector<float> w{0.9f, -0.1f, -1.2f, 0.8f, 0.1f, 1.0f, 1.1f, -0.9f};
    const BitLinear layer(pack<Interleaved2x16>(w, 2, k), RmsNorm(std::vector<float>(k, 1.0f), 1e-5f));

    const std::vector<float> x{0.5f, -1.0f, 0.25f, 2.0f};  // one token
    std::vector<float> y(2);
    BitLinearWorkspace workspace;  // one a caller: after the first call nothing is allocated
    layer.forward(x, 1, y, workspace);
    std::cout << y[0] << ' ' << y[1] << '\n';  // about 1.49 -1.82

    // Layers that share an input normalise and quantise it once, and are multiplied in one parallel region.
    const BitLinear gate(pack<Interleaved2x16>(w, 2, k));
    const BitLinear up(pack<I2S>(w, 2, k));
    const InputStage stage(RmsNorm(std::vector<float>(k, 1.0f), 1e-5f));
    std::vector<float> g(2), u(2);
    Serial threads;  // or OpenMP, or a pool of your own
    forward_together(stage.prepare(x, 1, k, workspace), threads, gate.to(g), up.to(u));
    std::cout << g[0] * u[0] << ' ' << g[1] * u[1] << '\n';  // about 2.22 3.32
}
