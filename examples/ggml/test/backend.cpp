// Tests libggml-ternion.so as ggml loads it: ggml_backend_test LIBRARY. ggml's own test-backend-ops checks results of
// many shapes; this checks what it doesn't: that bytes come back, however they were set, that results are ternion's own
// whatever the threads and batches, and what is refused.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>

#include "../custom_op/ternary_layer.hpp"
#include "../ggml_objects.hpp"
#include "../kernels.hpp"

namespace {

using namespace ternion_ggml;
using Bytes = std::vector<std::uint8_t>;

int checks = 0, failures = 0;

void check(bool holds, const std::string& what) {
    ++checks;
    if (holds) return;
    ++failures;
    std::printf("FAILED: %s\n", what.c_str());
}

struct Shape {
    std::int64_t k, n, m, a = 1, b = 1, more_a = 1, more_b = 1;  // W [K,N,a,b], X [K,M,a*more_a,b*more_b]
};

std::string text(ggml_type type, const Shape& s) {
    return std::string(ggml_type_name(type)) + " N=" + std::to_string(s.n) + " K=" + std::to_string(s.k) +
           " M=" + std::to_string(s.m) + " batch " + std::to_string(s.a) + "x" + std::to_string(s.b);
}

/// One product W · X in the memory of a backend.
struct Product {
    Product(ggml_backend_t backend, ggml_type type, const Shape& s)
        : w(ggml_new_tensor_4d(context.get(), type, s.k, s.n, s.a, s.b)),
          x(ggml_new_tensor_4d(context.get(), GGML_TYPE_F32, s.k, s.m, s.a * s.more_a, s.b * s.more_b)),
          y(ggml_mul_mat(context.get(), w, x)),
          memory(ggml_backend_alloc_ctx_tensors(context.get(), backend)) {}

    std::vector<float> operator()(ggml_backend_t backend) const {
        compute(backend, context.get(), y);
        return get(y);
    }

    ggml_context_ptr context = make_context();
    ggml_tensor *w, *x, *y;
    ggml_backend_buffer_ptr memory;
};

void set(ggml_tensor* tensor, const Bytes& bytes) {
    ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
}
void set(ggml_tensor* tensor, const std::vector<float>& values) {
    ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(float));
}

/// Trits as ggml packs them, with one scale for all blocks or not; some blocks are zero.
Bytes random_weights(std::mt19937& random, ggml_type type, const Shape& s, bool one_scale) {
    std::vector<float> values(static_cast<std::size_t>(s.k * s.n * s.a * s.b));
    float scale = 0.5F;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % 256 == 0) scale = random() % 8 == 0 ? 0 : one_scale ? 0.5F : static_cast<float>(1 + random() % 16) / 8;
        values[i] = scale * static_cast<float>(static_cast<int>(random() % 3) - 1);
    }
    return quantized_by_ggml(type, values, s.k);
}

/// What ternion gives for it, a matrix of W with a matrix of X at a time, serially.
std::vector<float> expected(const ternion::KernelTable& table, ggml_backend_t cpu, const Product& product,
                            const Bytes& bytes, const std::vector<float>& values, const Shape& s) {
    const ggml_context_ptr context = make_context();
    ggml_tensor* w = ggml_new_tensor_2d(context.get(), product.w->type, s.k, s.n);
    const ggml_backend_buffer_ptr memory(ggml_backend_alloc_ctx_tensors(context.get(), cpu));
    std::vector<float> y(static_cast<std::size_t>(ggml_nelements(product.y)));
    for (std::int64_t i = 0; i < product.x->ne[2] * product.x->ne[3]; ++i) {
        const std::int64_t inner = i % product.x->ne[2] / s.more_a, outer = i / product.x->ne[2] / s.more_b;
        const auto matrix = static_cast<std::size_t>(outer * s.a + inner);
        ggml_backend_tensor_set(w, bytes.data() + matrix * ggml_nbytes(w), 0, ggml_nbytes(w));
        TernaryLayer layer(table, *w);
        layer.compute(values.data() + i * s.k * s.m, static_cast<std::size_t>(s.m), y.data() + i * s.n * s.m);
    }
    return y;
}

struct Backends {
    const ternion::KernelTable& table;
    ggml_backend_dev_t device;
    ggml_backend_ptr cpu, one_thread, three_threads;
};

void test_products(const Backends& on, ggml_type type) {
    std::mt19937 random(7);
    const std::int64_t k = ggml_blck_size(type);
    const Shape shapes[] = {{k, 1, 1},
                            {k, 17, 3},
                            {5 * k, 33, 2},
                            {9 * k, 48, 1},
                            {2 * k, 640, 65},
                            {k, 15, 4, 2, 3},
                            {2 * k, 18, 3, 2, 2, 3, 2},
                            {4 * k, 100, 0}};
    for (const Shape& s : shapes) {
        for (const bool one_scale : {true, false}) {
            const Product product(on.one_thread.get(), type, s);
            check(ggml_backend_supports_op(on.one_thread.get(), product.y), text(type, s) + ": supported");
            const Bytes bytes = random_weights(random, type, s, one_scale);
            const std::vector<float> values = random_floats(random, ggml_nelements(product.x));
            set(product.w, bytes);
            set(product.x, values);
            check(get<std::uint8_t>(product.w) == bytes, text(type, s) + ": the bytes come back");
            const auto found = product(on.one_thread.get());
            check(found == product(on.three_threads.get()), text(type, s) + ": the same on three threads");
            check(found == expected(on.table, on.cpu.get(), product, bytes, values, s),
                  text(type, s) + ": ternion's own result");
        }
    }
}

void test_bytes(const Backends& on, ggml_type type) {
    std::mt19937 random(11);
    const Shape s{2 * ggml_blck_size(type), 19, 2, 2};
    const Product product(on.one_thread.get(), type, s);
    const Bytes bytes = random_weights(random, type, s, false);
    const std::size_t size = bytes.size(), third = size / 3;
    for (const std::size_t begin : {2 * third, std::size_t{0}, third}) {
        const std::size_t end = begin == 2 * third ? size : begin + third;
        ggml_backend_tensor_set(product.w, bytes.data() + begin, begin, end - begin);
    }
    check(get<std::uint8_t>(product.w) == bytes, text(type, s) + ": bytes set in pieces come back");
    set(product.x, random_floats(random, ggml_nelements(product.x)));
    const auto found = product(on.one_thread.get());
    check(get<std::uint8_t>(product.w) == bytes, text(type, s) + ": they come back after a product");
    set(product.w, bytes);
    check(found == product(on.one_thread.get()), text(type, s) + ": pieces are multiplied as the whole is");

    Bytes changed = bytes;
    changed[third] = bytes[third + 1];
    ggml_backend_tensor_set(product.w, &changed[third], third, 1);
    check(get<std::uint8_t>(product.w) == changed, text(type, s) + ": one byte is set in repacked weights");
    Bytes part(third);
    ggml_backend_tensor_get(product.w, part.data(), third, third);
    check(std::equal(part.begin(), part.end(), changed.begin() + static_cast<std::ptrdiff_t>(third)),
          text(type, s) + ": a part comes back");

    ggml_tensor* second = ggml_view_2d(product.context.get(), product.w, s.k, s.n, product.w->nb[1], product.w->nb[2]);
    ggml_backend_view_init(second);
    check(get<std::uint8_t>(second) == Bytes(changed.begin() + static_cast<std::ptrdiff_t>(size / 2), changed.end()),
          text(type, s) + ": a view of repacked weights has their bytes");
    ggml_backend_buffer_clear(product.memory.get(), 0);
    check(get<std::uint8_t>(product.w) == Bytes(size, 0), text(type, s) + ": a buffer is cleared");
}

/// Whatever a byte of a block says comes back, also where the layout has no place for it.
void test_every_byte(const Backends& on, ggml_type type) {
    std::mt19937 random(12);
    const Shape s{ggml_blck_size(type), 2, 1};
    const Product product(on.one_thread.get(), type, s);
    Bytes bytes = random_weights(random, type, s, true);
    int lost = 0;
    for (int value = 0; value < 256; ++value) {
        bytes[ggml_type_size(type) - 3] = static_cast<std::uint8_t>(value);
        set(product.w, bytes);
        lost += get<std::uint8_t>(product.w) != bytes;
    }
    check(lost == 0, std::string(ggml_type_name(type)) + ": every value of a byte comes back");
}

/// Bytes that are no trits are multiplied as ggml does, not wrongly.
void test_other_bytes(const Backends& on, ggml_type type) {
    std::mt19937 random(13);
    const Shape s{2 * ggml_blck_size(type), 20, 3};
    Bytes bytes = random_weights(random, type, s, false);
    const std::size_t block = ggml_type_size(type);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (i % block >= 2 && i % block < block - 2) bytes[i] = static_cast<std::uint8_t>(random());
    const Product product(on.one_thread.get(), type, s), reference(on.cpu.get(), type, s);
    const auto values = random_floats(random, ggml_nelements(product.x));
    for (const Product* p : {&product, &reference}) {
        set(p->w, bytes);
        set(p->x, values);
    }
    check(get<std::uint8_t>(product.w) == bytes, text(type, s) + ": bytes that are no trits come back");
    check(normalized_error(product(on.one_thread.get()), reference(on.cpu.get())) < 5e-4,
          text(type, s) + ": bytes that are no trits are multiplied as ggml does");
}

void test_refusals(const Backends& on, ggml_type type) {
    const ggml_context_ptr context = make_context();
    const std::int64_t k = ggml_blck_size(type);
    ggml_context* c = context.get();
    const auto refused = [&](ggml_tensor* y, const char* what) {
        check(!ggml_backend_supports_op(on.one_thread.get(), y),
              std::string(ggml_type_name(type)) + ": refused: " + what);
    };
    ggml_tensor* w = ggml_new_tensor_3d(c, type, k, 8, 2);
    ggml_tensor* x = ggml_new_tensor_3d(c, GGML_TYPE_F32, k, 4, 2);
    check(ggml_backend_supports_op(on.one_thread.get(), ggml_mul_mat(c, w, x)), "whole tensors are multiplied");
    refused(ggml_mul_mat(c, ggml_view_2d(c, w, k, 8, w->nb[1], w->nb[2]), x), "a view of weights");
    refused(ggml_mul_mat(c, ggml_permute(c, w, 0, 2, 1, 3), ggml_new_tensor_3d(c, GGML_TYPE_F32, k, 4, 8)),
            "permuted weights");
    refused(ggml_mul_mat(c, w, ggml_permute(c, ggml_new_tensor_3d(c, GGML_TYPE_F32, k, 2, 4), 0, 2, 1, 3)),
            "permuted activations");
    refused(ggml_mul_mat(c, w, ggml_new_tensor_3d(c, GGML_TYPE_F16, k, 4, 2)), "F16 activations");
    refused(ggml_mul_mat(c, ggml_new_tensor_2d(c, GGML_TYPE_Q8_0, k, 8), x), "weights of another type");
    refused(ggml_add(c, x, x), "another operation");
    const Product elsewhere(on.cpu.get(), type, {k, 8, 4});
    refused(elsewhere.y, "weights in the CPU's memory");
}

int run(const char* library) {
    ggml_backend_load_all();
    const ggml_backend_reg_t loaded = ggml_backend_load(library);
    if (loaded == nullptr) throw std::runtime_error(std::string(library) + ": expected a backend that ggml loads");
    ggml_backend_dev_t device = ggml_backend_reg_dev_get(loaded, 0);
    check(ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_ACCEL, "the device is an accelerator");
    // The backend's own: with and without FMA, floats may differ in the last bit.
    const char* isa = std::getenv("GGML_TERNION_ISA");
    const Backends on{find_kernels(isa == nullptr ? "" : isa), device, make_backend(cpu_device(), 1),
                      make_backend(device, 1), make_backend(device, 3)};
    int types = 0;
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
        const auto type = static_cast<ggml_type>(i);
        if (find_ternary(on.table, type) == nullptr) continue;
        ++types;
        test_products(on, type);
        test_bytes(on, type);
        test_every_byte(on, type);
        test_other_bytes(on, type);
        test_refusals(on, type);
    }
    std::printf("%s: %d types, %d checks, %d failed\n", ggml_backend_dev_description(device), types, checks, failures);
    return types > 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "ggml_backend_test: expected the path of libggml-ternion.so\n");
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ggml_backend_test: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
