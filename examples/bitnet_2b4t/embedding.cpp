#include "embedding.hpp"

#include <algorithm>
#include <cstdint>

#include "products.hpp"

namespace bitnet {

namespace {

constexpr std::size_t rows_at_once = 64;

/// The rows as an array of T, where they are aligned as one; else null.
template <class T>
const T* aligned(const std::byte* from) {
    return reinterpret_cast<std::uintptr_t>(from) % alignof(T) == 0 ? reinterpret_cast<const T*>(from) : nullptr;
}

}  // namespace

void Embedding::read(std::size_t first, std::span<float> out) const {
    const std::byte* from = table_.bytes.data() + first * table_.format->bytes(table_.cols);
    if (const auto* half = aligned<ternion::Float16>(from); half != nullptr && table_.format->name == "F16") {
        ternion::widen(std::span(half, out.size()), out);
    } else if (const auto* brain = aligned<ternion::BFloat16>(from);
               brain != nullptr && table_.format->name == "BF16") {
        ternion::widen(std::span(brain, out.size()), out);
    } else {
        table_.read(first, out);
    }
}

void Embedding::logits(std::span<const float> vectors, std::size_t count, std::span<float> out,
                       Threads& threads) const {
    if (count == 1) return logits_of_one(vectors, out, threads);
    for (std::size_t i = 0; i < count; i += column_block) {
        const std::size_t some = std::min(column_block, count - i);
        logits_of_many(vectors.subspan(i * hidden(), some * hidden()), some, out.subspan(i * vocab(), some * vocab()),
                       threads);
    }
}

void Embedding::logits_of_one(std::span<const float> vector, std::span<float> out, Threads& threads) const {
    std::vector<ternion::AlignedBuffer<float>> rows(threads.concurrency(), ternion::AlignedBuffer<float>(hidden()));
    threads.parallel_for(ternion::ceil_div(vocab(), rows_at_once), [&](std::size_t block, std::size_t worker) {
        const std::span<float> row = rows[worker];
        for (std::size_t r = block * rows_at_once; r < std::min(vocab(), (block + 1) * rows_at_once); ++r) {
            read(r, row);
            out[r] = dot(row.data(), vector.data(), hidden());
        }
    });
}

/// Up to 64 vectors against 64 rows at a time: rows · vectorsᵀ, whose columns are the vectors.
void Embedding::logits_of_many(std::span<const float> vectors, std::size_t count, std::span<float> out,
                               Threads& threads) const {
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
        read(first, std::span(rows).first(some * hidden()));
        std::ranges::fill(products, 0.0F);
        for (std::size_t k = 0; k < hidden(); k += depth) {
            add_product(rows.data() + k, hidden(), columns.data() + k * column_block, column_block, products.data(),
                        column_block, some, column_block, std::min(depth, hidden() - k));
        }
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t r = 0; r < some; ++r)
                out[i * vocab() + first + r] = products[r * column_block + i];
        }
    });
}

}  // namespace bitnet
