#include "json_lines.hpp"

#include <algorithm>

#include "file_error.hpp"
#include "utf8.hpp"

namespace program {

void each_json_line(std::string_view text, const std::string& file, const std::function<void(const JsonLine&)>& take) {
    bool any = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (trimmed(line).empty()) continue;
        const std::string where = joined(file, ", line ", number);
        take({parse_json_object(line, where), where, number});
        any = true;
    }
    if (!any) throw FileError(file, "JSON lines", "none");
}

}  // namespace program
