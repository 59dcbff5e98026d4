#include <bitnet/model.hpp>
#include <memory>

#include "../files/named_sizes.hpp"
#include "../files/random_model.hpp"
#include "model_state.hpp"

namespace bitnet {

Model load_model(const std::string& path, const LoadOptions& options) {
    check_options(options);
    return Model(std::make_shared<const ModelState>(open_model(path, options.mmap), options));
}

Model load_random_model(std::string_view size, const LoadOptions& options) {
    check_options(options);
    const auto [family, config] = find_size(size);
    return Model(std::make_shared<const ModelState>(random_source(std::string(size), family, config, 1), options));
}

}  // namespace bitnet
