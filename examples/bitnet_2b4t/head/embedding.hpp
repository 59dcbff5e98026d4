#pragma once

#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>

#include <bitnet/candidate.hpp>
#include <ternion/core/thread_pool.hpp>
#include "../files/model_source.hpp"

namespace bitnet {

struct Kernels;

/// The embedding [vocab, hidden], still where the file has it and in its number format. It turns tokens into vectors,
/// and, as the head, vectors into a logit for each token: their dot products with its rows.
class Embedding {
 public:
    Embedding(DenseTensor table, const Kernels& kernels) : table_(std::move(table)), kernels_(&kernels) {}

    std::size_t vocab() const { return table_.rows; }
    std::size_t hidden() const { return table_.cols; }
    const DenseTensor& table() const { return table_; }
    const Kernels& kernels() const { return *kernels_; }

    /// Rows `first` and following, as many as `out` ([rows, hidden]) holds.
    void read(std::size_t first, std::span<float> out) const;

    /// Logits [count, vocab] of the vectors [count, hidden]. One vector streams the table at the speed of memory.
    void logits(std::span<const float> vectors, std::size_t count, std::span<float> out,
                ternion::ThreadPool& threads) const;
    /// Fills in the logits of some rows, each with the bits that `logits` has for it with this one vector.
    void logits_of_rows(std::span<const float> vector, std::span<Candidate> rows, ternion::ThreadPool& threads) const;

 private:
    template <class F>
    void with_logit(std::span<const float> vector, std::size_t ahead, F&& f) const;
    void logits_of_one(std::span<const float> vector, std::span<float> out, ternion::ThreadPool& threads) const;
    void logits_of_many(std::span<const float> vectors, std::size_t count, std::span<float> out,
                        ternion::ThreadPool& threads) const;

    DenseTensor table_;
    const Kernels* kernels_;
};

}  // namespace bitnet
