// The same integers on any executor and any number of threads, more threads than rows included.

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace test;

struct NamedExecutor {
    std::string name;
    std::unique_ptr<AnyExecutor> executor;
};

std::vector<NamedExecutor> executors(std::size_t rows) {
    std::vector<NamedExecutor> all;
    all.push_back({"Serial", std::make_unique<Erased<ternion::Serial>>()});
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}, 2 * rows}) {
        const std::string count = std::to_string(threads);
        all.push_back({"ThreadPool " + count, std::make_unique<Erased<ThreadPool>>(ThreadPool(threads))});
#if defined(_OPENMP)
        const ternion::OpenMP openmp(static_cast<int>(threads));
        all.push_back({"OpenMP " + count, std::make_unique<Erased<ternion::OpenMP>>(openmp)});
#endif
    }
    return all;
}

TEST_CASE("integers don't depend on the executor", "[multiply][threads]") {
    std::size_t compared = 0;
    for (const ternion::Shape shape : {ternion::Shape{3, 40}, {20, 300}, {130, 67}}) {
        const Product product = Product::random(shape, 130, shape.n);
        const auto all = executors(shape.n < 100 ? shape.n : 20);
        for (const Kernel& kernel : all_kernels()) {
            const auto packed = kernel.pack(product.trits, shape);
            for (const std::size_t m : {1, 7, 130}) {
                for (const auto& [name, executor] : all) {
                    std::vector<std::int32_t> y(m * shape.n, poison);
                    kernel.multiply_int32({shape, packed.data()}, product.x.view(m), {0, shape.n}, {y.data(), shape.n},
                                          *executor);
                    const auto difference = first_difference(y, std::span(product.expected).subspan(0, m * shape.n));
                    if (!difference.empty()) {
                        FAIL_CHECK(kernel.name()
                                   << ", " << name << ", N=" << shape.n << " M=" << m << ": y" << difference);
                    }
                    ++compared;
                }
            }
        }
    }
    CHECK(compared >= kernel_count * 3 * 3 * 6);
}

TEST_CASE("floats don't depend on the kernel or the executor in any bit", "[multiply][threads]") {
    const ternion::Shape shape{75, 129};
    const Product product = Product::random(shape, 13, 8);
    const auto residual = random_floats(13 * shape.n, 9, 30);
    for (const bool add : {false, true}) {
        std::vector<float> first;
        for (const Kernel& kernel : all_kernels()) {
            const auto packed = kernel.pack(product.trits, shape);
            for (const auto& [name, executor] : executors(30)) {
                std::vector<float> y(13 * shape.n, -1e9f);
                ternion::Output<float> out{y.data(), shape.n};
                if (add) out.residual = residual.data();
                out.residual_ld = shape.n;
                kernel.multiply_float({shape, packed.data(), 0.37f}, product.x.view(), {0, shape.n}, out, *executor);
                if (first.empty()) first = y;
                if (y != first) FAIL_CHECK(kernel.name() << ", " << name << (add ? ", with a residual" : ""));
            }
        }
    }
}

TEST_CASE("constant operands are used by many threads at once", "[multiply][threads]") {
    const ternion::Shape shape{67, 259};
    const Product product = Product::random(shape, 9, 9);
    for (const Kernel& kernel : all_kernels()) {
        const auto packed = kernel.pack(product.trits, shape);
        std::vector<std::vector<std::int32_t>> results(4, std::vector<std::int32_t>(9 * shape.n, poison));
        std::vector<std::thread> callers;
        for (auto& y : results) {
            callers.emplace_back([&, out = y.data()] {
                Erased<ThreadPool> pool(ThreadPool(2));
                for (int repeat = 0; repeat < 3; ++repeat)
                    kernel.multiply_int32({shape, packed.data()}, product.x.view(), {0, shape.n}, {out, shape.n}, pool);
            });
        }
        for (auto& caller : callers)
            caller.join();
        for (const auto& y : results) {
            if (y != product.expected) FAIL_CHECK(kernel.name() << ": y" << first_difference(y, product.expected));
        }
    }
}

}  // namespace
