#include "json_lines.hpp"

#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include <program/io/utf8.hpp>

namespace train {

void each_json_line(const std::string& path, const std::function<void(const JsonLine&)>& take) {
    const program::MappedFile file(path);
    std::string_view rest = file.text();
    bool any = false;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (program::trimmed(line).empty()) continue;
        const std::string where = program::joined(path, ", line ", number);
        take({program::parse_json_object(line, where), where, number});
        any = true;
    }
    if (!any) throw program::FileError(path, "JSON lines", "none");
}

}  // namespace train
