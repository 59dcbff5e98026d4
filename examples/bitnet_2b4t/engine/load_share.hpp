#pragma once

#include <bitnet/model.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <ternion/distributed/any_communicator.hpp>

#include "model_state.hpp"
#include "rank_message.hpp"

namespace bitnet {

/// A model that is to be loaded: what load_model and load_random_model were asked for.
struct ModelRequest {
    bool random;       // else a file
    std::string name;  // of the file or of the size
    LoadOptions options;

    std::unique_ptr<ModelSource> open() const;

    /// For other ranks, and back.
    void put(RankMessage& message) const;
    static ModelRequest take(RankMessage& message);
};

/// Loads this rank's share, on all ranks at once and with `options.ranks`, whose models are numbered from `number` up:
/// that of this one is the largest on any rank. Where one rank can't, or has another file, program or instruction set
/// than rank 0, all of them throw: rank 0 what it met itself, or else std::runtime_error that names the rank and says
/// why.
std::shared_ptr<const ModelState> load_share(const ModelRequest& request, std::uint64_t number);

}  // namespace bitnet
