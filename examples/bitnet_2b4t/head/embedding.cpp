#include "embedding.hpp"

#include <algorithm>
#include <cstdint>

#include "../compute/kernels.hpp"

namespace bitnet {

using namespace program;

namespace {

constexpr std::size_t rows_at_once = 64;

/// The numbers as an array of T, where that is what they are and they are aligned; else null.
template <class T>
const T* as_array(const DenseTensor& table, std::string_view format) {
    const std::byte* from = table.bytes.data();
    const bool aligned = reinterpret_cast<std::uintptr_t>(from) % alignof(T) == 0;
    return aligned && table.format->name == format ? reinterpret_cast<const T*>(from) : nullptr;
}

}  // namespace

void Embedding::read(std::size_t first, std::span<float> out) const {
    const auto widened = [&](const auto* numbers, auto widen) {
        if (numbers != nullptr) widen(numbers + first * hidden(), out.size(), out.data());
        return numbers != nullptr;
    };
    if (widened(as_array<ternion::Float16>(table_, "F16"), kernels_->widen_f16)) return;
    if (widened(as_array<ternion::BFloat16>(table_, "BF16"), kernels_->widen_bf16)) return;
    table_.read(first, out);
}

void Embedding::logits(std::span<const float> vectors, std::size_t count, std::span<float> out,
                       ternion::ThreadPool& threads) const {
    if (count == 1) return logits_of_one(vectors, out, threads);
    for (std::size_t i = 0; i < count; i += column_block) {
        const std::size_t some = std::min(column_block, count - i);
        logits_of_many(vectors.subspan(i * hidden(), some * hidden()), some, out.subspan(i * vocab(), some * vocab()),
                       threads);
    }
}

/// Calls f(logit), where logit(r) is the dot product of row r and the vector; `ahead` bytes behind it are fetched.
template <class F>
void Embedding::with_logit(std::span<const float> vector, std::size_t ahead, F&& f) const {
    const auto straight_from = [&](const auto* numbers, auto dot) {
        if (numbers != nullptr) {
            f([&](std::size_t r) { return dot(numbers + r * hidden(), vector.data(), hidden(), ahead); });
        }
        return numbers != nullptr;
    };
    if (straight_from(as_array<ternion::Float16>(table_, "F16"), kernels_->dot_f16)) return;
    if (straight_from(as_array<ternion::BFloat16>(table_, "BF16"), kernels_->dot_bf16)) return;
    if (straight_from(as_array<float>(table_, "F32"), kernels_->dot_f32)) return;
    f([&](std::size_t r) {
        thread_local std::vector<float> row;
        row.resize(hidden());
        read(r, row);
        return kernels_->dot_f32(row.data(), vector.data(), hidden(), 0);
    });
}

void Embedding::logits_of_one(std::span<const float> vector, std::span<float> out, ternion::ThreadPool& threads) const {
    with_logit(vector, 4096, [&](auto&& logit) {
        ternion::in_chunks(threads, vocab(), rows_at_once, [&](std::size_t begin, std::size_t end) {
            for (std::size_t r = begin; r < end; ++r)
                out[r] = logit(r);
        });
    });
}

void Embedding::logits_of_rows(std::span<const float> vector, std::span<Candidate> rows,
                               ternion::ThreadPool& threads) const {
    with_logit(vector, 0, [&](auto&& logit) {
        ternion::in_chunks(threads, rows.size(), 8, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i)
                rows[i].logit = logit(static_cast<std::size_t>(rows[i].id));
        });
    });
}

/// Up to 64 vectors against 64 rows at a time: rows · vectorsᵀ, whose columns are the vectors.
void Embedding::logits_of_many(std::span<const float> vectors, std::size_t count, std::span<float> out,
                               ternion::ThreadPool& threads) const {
    constexpr std::size_t depth = 256;  // of the products' pieces, so that they stay in cache
    ternion::AlignedBuffer<float> columns(hidden() * column_block);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < hidden(); ++k)
            columns[k * column_block + i] = vectors[i * hidden() + k];
    }
    struct Worker {
        ternion::AlignedBuffer<float> rows, products;
    };
    std::vector<Worker> workers(threads.concurrency());
    for (Worker& worker : workers) {
        worker.rows.resize(rows_at_once * hidden());
        worker.products.resize(rows_at_once * column_block);
    }
    threads.parallel_for(ternion::ceil_div(vocab(), rows_at_once), [&](std::size_t block, std::size_t index) {
        auto& [rows, products] = workers[index];
        const std::size_t first = block * rows_at_once;
        const std::size_t some = std::min(rows_at_once, vocab() - first);
        read(first, {rows.data(), some * hidden()});
        std::fill(products.begin(), products.end(), 0.0F);
        for (std::size_t k = 0; k < hidden(); k += depth) {
            kernels_->add_product(rows.data() + k, hidden(), columns.data() + k * column_block, column_block,
                                  products.data(), column_block, some, column_block, std::min(depth, hidden() - k));
        }
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t r = 0; r < some; ++r)
                out[i * vocab() + first + r] = products[r * column_block + i];
        }
    });
}

}  // namespace bitnet
