#include "arguments.hpp"

#include <limits>
#include <stdexcept>

namespace ternion_c {
namespace {

constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();

/// Bytes from `data` to behind the last row.
std::size_t extent(const Rows& rows) {
    return rows.rows == 0 ? 0 : ((rows.rows - 1) * rows.ld + rows.row) * rows.value_bytes;
}

/// Whether rows of the same leading dimension lie between each other's, as the columns of one array do.
bool side_by_side(const Rows& first, const Rows& second, std::uintptr_t distance) {
    const std::size_t stride = first.ld * first.value_bytes;
    if (stride == 0 || stride != second.ld * second.value_bytes) return false;
    const std::size_t place = distance % stride;
    return place >= first.row * first.value_bytes && place + second.row * second.value_bytes <= stride;
}

}  // namespace

void refuse(const std::string& what) {
    throw std::invalid_argument(what);
}

void check_pointer(const char* name, const void* pointer, std::size_t count, std::size_t alignment) {
    if (pointer == nullptr && count != 0) refuse(std::string(name) + " is NULL");
    if (reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0) return;
    refuse(std::string(name) + " is misaligned: its address is no multiple of " + std::to_string(alignment) + " bytes");
}

void check_room(const Rows& rows, std::size_t count) {
    if (rows.rows == 0) return;
    if (rows.ld < rows.row) {
        refuse(std::string(rows.name) + " has a leading dimension of " + std::to_string(rows.ld) + ", less than its " +
               std::to_string(rows.row) + " columns");
    }
    const bool countable = rows.ld == 0 || rows.rows - 1 <= (largest / 16 - rows.row) / rows.ld;
    if (countable && (rows.rows - 1) * rows.ld + rows.row <= count) return;
    refuse(std::string(rows.name) + " has " + std::to_string(count) + " values; " + std::to_string(rows.rows) +
           " rows of " + std::to_string(rows.row) + " with a leading dimension of " + std::to_string(rows.ld) +
           " take " + (countable ? std::to_string((rows.rows - 1) * rows.ld + rows.row) : "more than memory holds"));
}

void check_apart(const Rows& written, const Rows& read) {
    const auto w = reinterpret_cast<std::uintptr_t>(written.data), r = reinterpret_cast<std::uintptr_t>(read.data);
    if (extent(written) == 0 || extent(read) == 0 || w + extent(written) <= r || r + extent(read) <= w) return;
    if (r >= w ? side_by_side(written, read, r - w) : side_by_side(read, written, w - r)) return;
    refuse(std::string(written.name) + " overlaps " + read.name);
}

void check_shape(const char* what, std::size_t rows, std::size_t k) {
    if (rows == 0 || k == 0) {
        refuse(std::string(what) + " of " + ternion::to_string({rows, k}) + ": expected at least one row and column");
    }
    if (k <= ternion::max_inputs && rows <= largest / 16 / ternion::round_up(k, 64)) return;
    refuse(std::string(what) + " of " + ternion::to_string({rows, k}) + " is too large: K is at most " +
           std::to_string(ternion::max_inputs) + ", and all must fit in memory");
}

}  // namespace ternion_c
