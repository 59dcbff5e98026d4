// oneDNN: u8 activations by s8 weights to s32, the integer path with which it is fastest: weights reordered once to the
// layout that it asks for, the primitive made once.

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "../benchmarks.hpp"
#include "../matrices.hpp"
#include "rival.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace bench {

namespace {

using Memory = dnnl::memory;

void set_threads([[maybe_unused]] int threads) {
#if defined(_OPENMP)
    omp_set_num_threads(threads);
#endif
}

Memory::dim dim(std::size_t size) {
    return static_cast<Memory::dim>(size);
}

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, ternion::Shape shape, std::size_t m) {
    const Memory::desc x({dim(m), dim(shape.k)}, Memory::data_type::u8, Memory::format_tag::ab);
    const Memory::desc w({dim(shape.k), dim(shape.n)}, Memory::data_type::s8, Memory::format_tag::any);
    const Memory::desc y({dim(m), dim(shape.n)}, Memory::data_type::s32, Memory::format_tag::ab);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, x, w, y};
#else
    return {dnnl::matmul::desc(x, w, y), engine};
#endif
}

class OneDnn {
 public:
    OneDnn(ternion::Shape shape, std::size_t m, int threads) : shape_(shape), threads_(threads) {
        set_threads(threads_);
        const auto description = describe(engine_, shape, m);
        x_ = Memory(description.src_desc(), engine_);
        kernel_ = description.impl_info_str();
        weights_.resize(description.weights_desc().get_size());
        w_ = Memory(description.weights_desc(), engine_, weights_.data());
        y_ = Memory(description.dst_desc(), engine_);
        primitive_ = dnnl::matmul(description);
        fill_activations(m);
        reorder_weights();
    }

    void multiply() {
        set_threads(threads_);
        primitive_.execute(stream_, {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, w_}, {DNNL_ARG_DST, y_}});
        stream_.wait();
    }

    /// Codes are q + 128, so every result holds the row's sum 128 times too often.
    [[nodiscard]] double result(std::size_t m, std::size_t n) const {
        double sum = 0;
        for (std::size_t k = 0; k < shape_.k; ++k)
            sum += trits_of(shape_)[n * shape_.k + k];
        return static_cast<const std::int32_t*>(y_.get_data_handle())[m * shape_.n + n] - 128 * sum;
    }

    [[nodiscard]] Copies weights() const { return {weights_.data(), weights_.size(), 1}; }

    /// With the name of the kernel that the library chose; ONEDNN_MAX_CPU_ISA in the environment has a say in it.
    [[nodiscard]] std::string label() const { return "u8 x s8, " + kernel_; }

 private:
    void fill_activations(std::size_t m) {
        const auto activations = random_activations(m, shape_.k);
        auto* x = static_cast<std::uint8_t*>(x_.get_data_handle());
        for (std::size_t t = 0; t < m; ++t) {
            for (std::size_t k = 0; k < shape_.k; ++k)
                *x++ = static_cast<std::uint8_t>(activations.row(t)[k] + 128);
        }
    }

    void reorder_weights() {
        auto trits = trits_of(shape_);
        const Memory::desc plain({dim(shape_.k), dim(shape_.n)}, Memory::data_type::s8, Memory::format_tag::ba);
        Memory from(plain, engine_, trits.data());
        dnnl::reorder(from, w_).execute(stream_, from, w_);
        stream_.wait();
    }

    ternion::Shape shape_;
    int threads_;
    std::string kernel_;
    ternion::AlignedBuffer<std::byte> weights_;  // on huge pages, as ours are
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    Memory x_;
    Memory w_;
    Memory y_;
    dnnl::matmul primitive_;
};

}  // namespace

void register_onednn() {
    add_rivals("onednn", 8, 0, [](ternion::Shape shape, std::size_t m, int threads) {
        const auto one = std::make_shared<OneDnn>(shape, m, threads);
        return Rival{one->weights(), one->label(), [one] { one->multiply(); },
                     [one](std::size_t t, std::size_t n) { return one->result(t, n); }};
    });
}

}  // namespace bench
