// oneDNN: u8 activations by s8 weights to s32, the integer path with which it is fastest: weights reordered once to the
// layout that it asks for, the primitive made once.

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

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
    explicit OneDnn(const Product& product) : product_(product) {
        set_threads(product.threads);
        const auto description = describe(engine_, product.shape, product.tokens);
        x_ = Memory(description.src_desc(), engine_);
        kernel_ = description.impl_info_str();
        y_ = Memory(description.dst_desc(), engine_);
        primitive_ = dnnl::matmul(description);
        fill_activations(product.tokens);
        copies_ = copies_for(product, reordered(description.weights_desc()));
        w_ = Memory(description.weights_desc(), engine_, nullptr);
    }

    void multiply(std::size_t copy) {
        set_threads(product_.threads);
        w_.set_data_handle(const_cast<std::byte*>(copies_[copy]));
        primitive_.execute(stream_, {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, w_}, {DNNL_ARG_DST, y_}});
        stream_.wait();
    }

    /// Codes are q + 128, so every result holds the row's sum 128 times too often.
    [[nodiscard]] double result(std::size_t m, std::size_t n) const {
        const ternion::Shape shape = product_.shape;
        double sum = 0;
        for (std::size_t k = 0; k < shape.k; ++k)
            sum += trits_of(shape)[n * shape.k + k];
        return static_cast<const std::int32_t*>(y_.get_data_handle())[m * shape.n + n] - 128 * sum;
    }

    [[nodiscard]] Copies weights() const { return copies_; }

    /// With the name of the kernel that the library chose; ONEDNN_MAX_CPU_ISA in the environment has a say in it.
    [[nodiscard]] std::string label() const { return "u8 x s8, " + kernel_; }

 private:
    void fill_activations(std::size_t m) {
        const auto activations = random_activations(m, product_.shape.k);
        auto* x = static_cast<std::uint8_t*>(x_.get_data_handle());
        for (std::size_t t = 0; t < m; ++t) {
            for (std::size_t k = 0; k < product_.shape.k; ++k)
                *x++ = static_cast<std::uint8_t>(activations.row(t)[k] + 128);
        }
    }

    /// The weights in the layout that this primitive asks for.
    Content reordered(const Memory::desc& layout) {
        const std::string name = "onednn/" + std::to_string(product_.tokens) + "x" + name_of(product_.shape);
        return {name, layout.get_size(), [this, layout] {
                    auto trits = trits_of(product_.shape);
                    const Memory::dims dims{dim(product_.shape.k), dim(product_.shape.n)};
                    Memory from({dims, Memory::data_type::s8, Memory::format_tag::ba}, engine_, trits.data());
                    ternion::AlignedBuffer<std::byte> bytes(layout.get_size());
                    Memory to(layout, engine_, bytes.data());
                    dnnl::reorder(from, to).execute(stream_, from, to);
                    stream_.wait();
                    return bytes;
                }};
    }

    Product product_;
    std::string kernel_;
    Copies copies_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    Memory x_;
    Memory w_;
    Memory y_;
    dnnl::matmul primitive_;
};

}  // namespace

void append_onednn(std::vector<RivalLibrary>& libraries) {
    libraries.push_back({"onednn", 8, 0, [](const Product& product) {
                             const auto one = std::make_shared<OneDnn>(product);
                             return Rival{
                                 one->weights(), one->label(), [one](std::size_t copy) { one->multiply(copy); },
                                 [one](std::size_t t, std::size_t n) { return one->result(t, n); },
                                 [product](std::size_t t, std::size_t n) { return product_of_trits(product, t, n); }};
                         }});
}

}  // namespace bench
