#include <bitnet/model.hpp>
#include <memory>

#include "model_state.hpp"

namespace bitnet {

Model load_model(const std::string& path, const LoadOptions& options) {
    check_options(options);
    return Model(std::make_shared<const ModelState>(open_model(path, options.mmap), options));
}

}  // namespace bitnet
