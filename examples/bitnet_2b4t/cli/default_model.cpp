#include "default_model.hpp"

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace bitnet::cli {

std::string default_model() {
    namespace fs = std::filesystem;
    std::vector<fs::path> places;
    std::error_code error;
    if (const fs::path program = fs::read_symlink("/proc/self/exe", error); !error) {
        places.push_back(program.parent_path().parent_path() / "share" / "ternion" / "tiny-bitnet.gguf");
    }
#if defined(BITNET_DEFAULT_MODEL)
    places.emplace_back(BITNET_DEFAULT_MODEL);
#endif
    for (const fs::path& place : places) {
        if (fs::is_regular_file(place, error)) return place.string();
    }
    throw std::runtime_error("expected a model (-m FILE), found none, nor the default model tiny-bitnet.gguf");
}

}  // namespace bitnet::cli
