#include "batch.hpp"

#include <numeric>

namespace train {

void Batch::add(std::span<const int> sequence, std::span<const int> wanted) {
    lengths.push_back(sequence.size());
    tokens.insert(tokens.end(), sequence.begin(), sequence.end());
    targets.insert(targets.end(), wanted.begin(), wanted.end());
}

Batch Batch::part(std::size_t first, std::size_t count) const {
    const auto cut = [](const auto& all, std::size_t begin, std::size_t size) {
        const auto at = all.begin() + static_cast<std::ptrdiff_t>(begin);
        return std::vector(at, at + static_cast<std::ptrdiff_t>(size));
    };
    const auto from = lengths.begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t begin = std::accumulate(lengths.begin(), from, std::size_t{0});
    const std::size_t size = std::accumulate(from, from + static_cast<std::ptrdiff_t>(count), std::size_t{0});
    Batch part{cut(lengths, first, count), cut(tokens, begin, size), cut(targets, begin, size)};
    if (!reference.empty()) part.reference = cut(reference, first, count);
    return part;
}

std::vector<Batch> Batch::parts(std::size_t count) const {
    std::vector<Batch> all;
    std::size_t first = 0, passed = 0;
    for (std::size_t i = 1; i <= count; ++i) {
        std::size_t last = first;
        while (last < sequences() && (i == count || passed < tokens.size() * i / count)) {
            for (std::size_t j = 0; j < together(); ++j)
                passed += lengths[last++];
        }
        all.push_back(part(first, last - first));
        first = last;
    }
    return all;
}

}  // namespace train
