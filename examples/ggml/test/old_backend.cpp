// A backend made for an earlier version of ggml's interface: ggml must refuse it before it calls anything.

#include "../backend/abi.hpp"

extern "C" ggml_backend_reg_t ggml_backend_init() {
    static ternion_ggml::abi::Registry registry{
        .version = ternion_ggml::abi::api_version - 1, .functions = {}, .context = nullptr};
    return reinterpret_cast<ggml_backend_reg_t>(&registry);
}
