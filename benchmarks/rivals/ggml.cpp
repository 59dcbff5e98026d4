// ggml: a graph of one mul_mat on its CPU backend, by its public interface. Weights lie in the kind of buffer that the
// backend prefers for their type, which may rearrange them; activations are floats, which ggml quantises itself.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <ternion/core/page_memory.hpp>
#include <vector>

#include "../matrices.hpp"
#include "../options.hpp"
#include "ggml_objects.hpp"
#include "rival.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bench {

namespace {

using Buffer = ggml_backend_buffer_ptr;

/// Weights in rows of whole blocks, which ggml asks for: zeros fill the last one.
std::int64_t padded(std::size_t k, ggml_type type) {
    return static_cast<std::int64_t>(ternion::round_up(k, static_cast<std::size_t>(ggml_blck_size(type))));
}

/// Integers that ggml's quantizers keep as they are, because each block of 32 begins with the largest: results are
/// then exact, but for the rounding of sums.
std::vector<float> whole_activations(const Product& product, std::int64_t padded_k) {
    const auto row = static_cast<std::size_t>(padded_k);
    const auto q = random_activations(product.tokens, product.shape.k);
    std::vector<float> x(product.tokens * row);
    for (std::size_t t = 0; t < product.tokens; ++t) {
        for (std::size_t k = 0; k < product.shape.k; ++k)
            x[t * row + k] = k % 32 == 0 ? 127.0f : std::max<float>(q.row(t)[k], -127);
    }
    return x;
}

std::vector<std::uint8_t> weights_of(ternion::Shape shape, ggml_type type, std::int64_t padded_k) {
    const auto row = static_cast<std::size_t>(padded_k);
    std::vector<float> values(shape.n * row);
    for (std::size_t n = 0; n < shape.n; ++n)
        std::copy_n(trits_of(shape).data() + n * shape.k, shape.k, values.data() + n * row);
    return ternion_ggml::quantized_by_ggml(type, values, padded_k);
}

void ask_for_huge_pages([[maybe_unused]] ggml_backend_buffer_t buffer) {
#if defined(MADV_HUGEPAGE)
    constexpr std::size_t page = ternion::PageMemory::huge_page;
    auto* base = static_cast<std::byte*>(ggml_backend_buffer_get_base(buffer));
    const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(base) % page) % page;
    const std::size_t size = ggml_backend_buffer_get_size(buffer);
    if (size > skipped) (void)::madvise(base + skipped, size - skipped, MADV_HUGEPAGE);
#endif
}

class GgmlProduct {
 public:
    GgmlProduct(ggml_type type, const Product& product)
        : product_(product), type_(type), k_(padded(product.shape.k, type)) {
        backend_ = ternion_ggml::make_backend(ternion_ggml::cpu_device(), product.threads);
        bytes_ = weights_of(product.shape, type, k_);
        values_ = whole_activations(product, k_);
        const std::size_t count = product.from_dram ? ternion::ceil_div(options().dram_bytes, bytes_.size()) : 1;
        // A weight, a result and a graph for each copy; one tensor of activations.
        const std::size_t room = count * (2 * ggml_tensor_overhead() + ggml_graph_overhead_custom(graph_size, false));
        context_.reset(ggml_init({room + 2 * ggml_tensor_overhead(), nullptr, true}));
        place_weights(count);
        place_activations();
        for (ggml_tensor* w : w_)
            add_graph(w);
    }

    void multiply(std::size_t copy) {
        if (ggml_backend_graph_compute(backend_.get(), graphs_[copy]) != GGML_STATUS_SUCCESS)
            throw std::runtime_error("ggml: a product can't be computed");
    }

    [[nodiscard]] double result(std::size_t m, std::size_t n) const {
        float value = 0;
        ggml_backend_tensor_get(y_, &value, (m * product_.shape.n + n) * sizeof(float), sizeof(float));
        return value;
    }

    /// By the weights as ggml decodes them, each of which is at most an eighth off its trit.
    [[nodiscard]] double expected(std::size_t m, std::size_t n) const {
        const auto k = static_cast<std::size_t>(k_);
        std::vector<float> w(k);
        ggml_get_type_traits(type_)->to_float(bytes_.data() + n * ggml_row_size(type_, k_), w.data(), k_);
        double sum = 0;
        for (std::size_t i = 0; i < k; ++i) {
            const float trit = i < product_.shape.k ? trits_of(product_.shape)[n * product_.shape.k + i] : 0;
            if (!(std::abs(w[i] - trit) <= 0.125f)) throw std::runtime_error("ggml: weights aren't the trits");
            sum += double{w[i]} * double{values_[m * k + i]};
        }
        return sum;
    }

    [[nodiscard]] Copies weights() const {
        const auto* first = static_cast<const std::byte*>(w_.front()->data);
        const auto* second = w_.size() > 1 ? static_cast<const std::byte*>(w_[1]->data) : first + bytes_.size();
        return {first, static_cast<std::size_t>(second - first), w_.size()};
    }

    [[nodiscard]] std::string label() const {
        return std::string("ggml ") + ggml_version() + ", " + ggml_backend_buffer_name(weights_.get());
    }

 private:
    static constexpr std::size_t graph_size = 8;

    void place_weights(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            w_.push_back(ggml_new_tensor_2d(context_.get(), type_, k_, static_cast<std::int64_t>(product_.shape.n)));
        weights_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), preferred_buffer_type()));
        if (weights_ == nullptr) throw std::runtime_error("ggml: no memory for the weights");
        ask_for_huge_pages(weights_.get());
        for (ggml_tensor* w : w_)
            ggml_backend_tensor_set(w, bytes_.data(), 0, bytes_.size());
    }

    /// The first of the backend's extra kinds that can multiply such weights, as llama.cpp chooses, or its usual one.
    ggml_backend_buffer_type_t preferred_buffer_type() {
        const ggml_backend_dev_t device = ternion_ggml::cpu_device();
        const auto extra = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(device), "ggml_backend_dev_get_extra_bufts"));
        for (auto* type = extra == nullptr ? nullptr : extra(device); type != nullptr && *type != nullptr; ++type) {
            if (multiplies_in(*type, device)) return *type;
        }
        return ggml_backend_dev_buffer_type(device);
    }

    /// Asked with tensors of their own, in a buffer of no bytes.
    bool multiplies_in(ggml_backend_buffer_type_t type, ggml_backend_dev_t device) const {
        const auto context = ternion_ggml::make_context();
        const auto n = static_cast<std::int64_t>(product_.shape.n), m = static_cast<std::int64_t>(product_.tokens);
        ggml_tensor* w = ggml_new_tensor_2d(context.get(), type_, k_, n);
        ggml_tensor* y = ggml_mul_mat(context.get(), w, ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, k_, m));
        const Buffer empty(ggml_backend_buft_alloc_buffer(type, 0));
        w->buffer = empty.get();
        return ggml_backend_dev_supports_op(device, y);
    }

    /// One buffer of activations and results: all products write to the same place.
    void place_activations() {
        const auto m = static_cast<std::int64_t>(product_.tokens);
        x_ = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, k_, m);
        const std::size_t room = values_.size() + product_.tokens * product_.shape.n;
        activations_.reset(ggml_backend_buft_alloc_buffer(ggml_backend_get_default_buffer_type(backend_.get()),
                                                          ternion::round_up(room * sizeof(float), 64) + 64));
        place(x_, 0);
        ggml_backend_tensor_set(x_, values_.data(), 0, ggml_nbytes(x_));
    }

    void place(ggml_tensor* tensor, std::size_t offset) {
        auto* base = static_cast<std::byte*>(ggml_backend_buffer_get_base(activations_.get()));
        if (ggml_backend_tensor_alloc(activations_.get(), tensor, base + offset) != GGML_STATUS_SUCCESS)
            throw std::runtime_error("ggml: no place for activations");
    }

    void add_graph(ggml_tensor* w) {
        y_ = ggml_mul_mat(context_.get(), w, x_);
        place(y_, ternion::round_up(ggml_nbytes(x_), 64));
        graphs_.push_back(ggml_new_graph_custom(context_.get(), graph_size, false));
        ggml_build_forward_expand(graphs_.back(), y_);
    }

    Product product_;
    ggml_type type_;
    std::int64_t k_;
    ggml_backend_ptr backend_;
    ggml_context_ptr context_;
    Buffer weights_, activations_;
    std::vector<std::uint8_t> bytes_;  // of one copy, as a file has them
    std::vector<float> values_;        // activations
    std::vector<ggml_tensor*> w_;
    ggml_tensor* x_ = nullptr;
    ggml_tensor* y_ = nullptr;
    std::vector<ggml_cgraph*> graphs_;
};

RivalLibrary library_of(const char* name, ggml_type type) {
    const double bits = 8.0 * static_cast<double>(ggml_type_size(type)) / static_cast<double>(ggml_blck_size(type));
    return {name, bits, 1e-6, [type](const Product& product) {
                const auto one = std::make_shared<GgmlProduct>(type, product);
                return Rival{one->weights(), one->label(), [one](std::size_t copy) { one->multiply(copy); },
                             [one](std::size_t m, std::size_t n) { return one->result(m, n); },
                             [one](std::size_t m, std::size_t n) { return one->expected(m, n); }};
            }};
}

}  // namespace

void append_ggml(std::vector<RivalLibrary>& libraries) {
    ggml_log_set(
        [](ggml_log_level level, const char* text, void*) {
            if (level == GGML_LOG_LEVEL_WARN || level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
        },
        nullptr);
    ggml_backend_load_all();
    libraries.push_back(library_of("ggml_tq1_0", GGML_TYPE_TQ1_0));
    libraries.push_back(library_of("ggml_tq2_0", GGML_TYPE_TQ2_0));
    libraries.push_back(library_of("ggml_q4_0", GGML_TYPE_Q4_0));
    libraries.push_back(library_of("ggml_f16", GGML_TYPE_F16));
}

}  // namespace bench
