#include "report.hpp"

#include <cstdio>

namespace compare {

namespace {

/// printf into a string.
template <class... Values>
std::string text(const char* format, Values... values) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

}  // namespace

std::string table_head(const std::vector<Regime>& regimes) {
    std::string groups = text("%-16s %7s %8s", "", "bits a", "2B4T,");
    std::string names = text("%-16s %7s %8s", "packing", "weight", "MB");
    for (const Regime& regime : regimes) {
        groups += text(" | %15s", regime.short_name.c_str());
        names += text(" | %9s %5s", "GMAC/s", "limit");
    }
    groups += " |   billions of weights a second   |";
    names += text(" | %7s %7s %8s %7s | %s", "pack", "unpack", "of I2_S", "to I2_S", "exact");
    return groups + "\n" + names + "\n";
}

std::string table_line(const Comparison& p) {
    std::string line =
        text("%-16s %7.5g %8.1f", p.name.c_str(), p.bits_per_weight, static_cast<double>(p.model_bytes) / 1e6);
    for (const Rate& rate : p.rates)
        line += text(" | %9.1f %4.0f%%", rate.macs_per_second / 1e9, rate.share_of_limit * 100);
    if (p.is_rival()) return line + " |       -       -        -       - | checked\n";
    line += text(" | %7.2f %7.2f %8.2f %7.2f | %s", p.pack / 1e9, p.unpack / 1e9, p.from_i2s / 1e9, p.to_i2s / 1e9,
                 p.exact ? "yes" : "NO");
    return line + "\n";
}

std::string csv(const std::vector<Comparison>& packings, const std::vector<Regime>& regimes) {
    std::string out = "packing,kernel,bits_per_weight,bytes_2b4t";
    for (const Regime& regime : regimes) {
        std::string name = regime.short_name;
        for (char& c : name)
            c = c == ' ' ? '_' : c;
        out += "," + name + "_macs_per_second," + name + "_share_of_limit";
    }
    out +=
        ",pack_weights_per_second,unpack_weights_per_second,repack_from_i2s_weights_per_second,"
        "repack_to_i2s_weights_per_second,exact\n";
    for (const Comparison& p : packings) {
        out += p.name + "," + p.kernel + text(",%.5g,%zu", p.bits_per_weight, p.model_bytes);
        for (const Rate& rate : p.rates)
            out += text(",%.6g,%.4g", rate.macs_per_second, rate.share_of_limit);
        if (p.is_rival()) {
            out += ",,,,,checked\n";
            continue;
        }
        out += text(",%.6g,%.6g,%.6g,%.6g,", p.pack, p.unpack, p.from_i2s, p.to_i2s) + (p.exact ? "yes" : "no") + "\n";
    }
    return out;
}

}  // namespace compare
