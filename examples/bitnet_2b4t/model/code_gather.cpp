#include "code_gather.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace bitnet {
namespace {

constexpr std::size_t some_tokens = 8;  // a piece of work

bool gives_codes(const InputNorm* norm, const InputQuantizer& quantizer) {
    const ternion::QuantizerKernels* const kernels = quantizer.rounding().kernels();
    return kernels != nullptr && kernels->name == "absmax8" && quantizer.rounding().group_inputs() == 0 &&
           quantizer.change() == TokenChange::none && (norm == nullptr || !norm->centred());
}

/// Whether codes and the small collective in front are quicker than floats.
bool pays(ternion::AnyCommunicator& ranks, std::size_t inputs, std::size_t count) {
    if (!ranks.network()) return false;
    const auto size = static_cast<double>(ranks.size()), tokens = static_cast<double>(count);
    const double codes_save = static_cast<double>(inputs * (sizeof(float) - 1)) / size;
    const double bytes = tokens * (size - 1) * (codes_save - static_cast<double>(sizeof(TokenSummary)));
    return ranks.network()->prefers_collectives(1, bytes);
}

}  // namespace

bool CodeGather::run(ternion::AnyCommunicator& ranks, const ternion::Shares& columns, const InputNorm* norm,
                     const InputQuantizer& quantizer, std::span<const float> part, std::size_t count,
                     ternion::AnyActivations& out, ternion::ThreadPool& threads) {
    if (!gives_codes(norm, quantizer) || !pays(ranks, columns.count(), count)) return false;
    scalings_.resize(count);
    if (!measure(ranks, columns, norm, part, threads)) return false;
    ternion::QuantizedActivations& codes = out.as_quantized();
    codes.resize(count, columns.count());
    round(quantizer, norm, columns.begin(ranks.rank()), part, codes, threads);
    gather_.all(ranks, columns, count, std::span<const std::int8_t>(codes_.data(), part.size()), codes.mutable_row(0),
                codes.view().ld);
    for (std::size_t t = 0; t < count; ++t) {
        std::int32_t sum = 0;
        for (const std::int8_t code : codes.row(t))
            sum += code;
        codes.set(t, codes.scale(t), sum);
    }
    return true;
}

/// Finds all tokens' scalings.
bool CodeGather::measure(ternion::AnyCommunicator& ranks, const ternion::Shares& columns, const InputNorm* norm,
                         std::span<const float> part, ternion::ThreadPool& threads) {
    const std::size_t count = scalings_.size(), rank = ranks.rank(), width = columns.size(rank);
    const float* const weight = norm != nullptr ? norm->rms().weight().data() + columns.begin(rank) : nullptr;
    summaries_.resize(ranks.size() * count);
    ternion::in_chunks(threads, count, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t)
            summaries_[rank * count + t] = summarise(part.data() + t * width, weight, width);
    });
    ends_.clear();
    for (std::size_t r = 1; r <= ranks.size(); ++r)
        ends_.push_back(r * count * sizeof(TokenSummary));
    ranks.all_gather(std::as_writable_bytes(std::span(summaries_)), ends_);

    of_token_.resize(ranks.size());
    const float eps = norm != nullptr ? norm->rms().eps() : 0;
    for (std::size_t t = 0; t < count; ++t) {
        for (std::size_t r = 0; r < ranks.size(); ++r)
            of_token_[r] = summaries_[r * count + t];
        const auto scaling = join(of_token_, columns.count(), norm != nullptr ? &eps : nullptr);
        if (!scaling) return false;
        scalings_[t] = *scaling;
    }
    return true;
}

/// This rank's codes, and all tokens' scales. A quantizer looks at a token's values for their peak alone: a value more
/// that has the peak of all ranks gives it to this part.
void CodeGather::round(const InputQuantizer& quantizer, const InputNorm* norm, std::size_t first,
                       std::span<const float> part, ternion::QuantizedActivations& out, ternion::ThreadPool& threads) {
    const std::size_t count = out.tokens(), width = part.size() / count;
    normed_.resize(count * (width + 1));
    codes_.resize(count * (width + 1));
    ternion::in_chunks(threads, count, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) {
            const auto [factor, peak] = scalings_[t];
            float* const normed = normed_.data() + t * (width + 1);
            for (std::size_t i = 0; i < width; ++i) {
                const float x = part[t * width + i];
                normed[i] = norm != nullptr ? x * factor * norm->rms().weight()[first + i] : x;
            }
            normed[width] = peak;
            std::int8_t* const codes = codes_.data() + t * (width + 1);
            out.set(t, quantizer.rounding().kernels()->quantize_token(normed, width + 1, codes).scale, 0);
        }
    });
    for (std::size_t t = 1; t < count; ++t)
        std::copy_n(codes_.data() + t * (width + 1), width, codes_.data() + t * width);
}

}  // namespace bitnet
