#pragma once

#include <span>
#include <string_view>

namespace bitnet::serve {

/// A file of the folder `page`, which the build puts into the program.
struct PageFile {
    std::string_view path;  // as it is asked for: "/", "/page.js"
    std::string_view type;  // for Content-Type
    std::string_view content;
};

/// All of them; none where the folder is empty.
std::span<const PageFile> page_files();

}  // namespace bitnet::serve
