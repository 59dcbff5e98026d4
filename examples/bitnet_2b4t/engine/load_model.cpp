#include <bitnet/model.hpp>
#include <memory>
#include <utility>

#include "load_share.hpp"
#include "model_state.hpp"

namespace bitnet {
namespace {

Model load(const ModelRequest& request) {
    check_options(request.options);
    const auto& ranks = request.options.ranks;
    if (ranks == nullptr || ranks->size() == 1)
        return Model(std::make_shared<const ModelState>(request.open(), request.options));
    RankMessage message(RankCommand::load);
    request.put(message);
    message.send(*ranks);
    return Model(load_share(request, 0));
}

}  // namespace

Model load_model(const std::string& path, const LoadOptions& options) {
    return load({false, path, options});
}

Model load_random_model(std::string_view size, const LoadOptions& options) {
    return load({true, std::string(size), options});
}

}  // namespace bitnet
