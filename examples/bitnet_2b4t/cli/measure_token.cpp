#include <vector>

#include <program/cli/measurement.hpp>
#include "../cost/power_meter.hpp"
#include "../engine/session_state.hpp"
#include "../engine/weights_in_use.hpp"
#include "random_tokens.hpp"
#include "token_report.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

constexpr double seconds_of_reads = 0.1;

/// As a chat would: the likeliest tokens are looked for after each. The meter is read as often, lest a counter wrap.
void generate(Session& session, std::span<const int> tokens, PowerMeter& meter) {
    for (const int& token : tokens) {
        session.append({&token, 1});
        (void)session.likeliest(40);
        (void)meter.joules();
    }
}

double time_prompt(Session& session, std::span<const int> prompt) {
    session.rewind(0);
    const Stopwatch watch;
    session.append(prompt);
    (void)session.likeliest(40);
    return watch.seconds();
}

/// The same architecture made of something else, and of the same, but added up as the papers on BitNet count it.
std::vector<EnergyRow> energy_rows(const Model& model, double keys) {
    const Config& config = model.state()->weights.config;
    const KvFormat kv(model.options().kv_type, config.head_dim);
    ModelForm narrow = form_of(model);
    narrow.sum = Operation::int8_add;
    const std::vector<std::pair<const char*, ModelForm>> forms = {{"ternary", form_of(model)},
                                                                  {"ternary, 8-bit sums", narrow},
                                                                  {"int8", {.weights = ModelForm::Weights::int8}},
                                                                  {"F16", {.weights = ModelForm::Weights::float16}}};
    std::vector<EnergyRow> rows;
    for (const auto& [name, form] : forms) {
        EnergyRow& row = rows.emplace_back(EnergyRow{name, token_work(config, form, kv, keys).total(), {}});
        for (const Technology& technology : technologies())
            row.energies.push_back(estimate(row.work, technology));
    }
    return rows;
}

}  // namespace

TokenReport measure_token(const Model& model, const ReportLengths& lengths) {
    Session session(model);
    const auto ids = random_tokens(model, lengths.prompt + lengths.tokens);
    const auto prompt = std::span(ids).first(lengths.prompt), rest = std::span(ids).subspan(lengths.prompt);
    session.append(prompt);
    PowerMeter meter;
    generate(session, rest.first(1), meter);  // touches all memory
    const double first_token = time_prompt(session, prompt);
    PartTimes times;
    double seconds = 0, read_seconds = 0, read_bytes = 0, joules = 0;
    for (int i = 0; i < lengths.repeats; ++i) {
        const Stopwatch reading;
        do {
            read_bytes += static_cast<double>(read_weights(model, session.state().threads));
        } while (reading.seconds() < seconds_of_reads);
        read_seconds += reading.seconds();
        session.rewind(lengths.prompt);
        session.time_parts(&times);
        const double before = meter.joules();
        const Stopwatch generating;
        generate(session, rest, meter);
        seconds += generating.seconds();
        joules += meter.joules() - before;
        session.time_parts(nullptr);
    }
    const double count = static_cast<double>(lengths.repeats) * static_cast<double>(lengths.tokens);
    for (double& part : times.seconds)
        part /= count;
    const double keys = static_cast<double>(lengths.prompt) + (static_cast<double>(lengths.tokens) + 1) / 2;
    return {.model = model.name(),
            .packing = std::string(packing_of(model)),
            .threads = session.threads(),
            .prompt = lengths.prompt,
            .tokens = lengths.tokens,
            .seconds = seconds / count,
            .first_token = first_token,
            .times = times,
            .work = token_work(model, keys),
            .read_rate = read_bytes / read_seconds,
            .energy = energy_rows(model, keys),
            .joules = meter.works() ? std::optional(joules / count) : std::nullopt,
            .why_not_measured = meter.missing()};
}

}  // namespace bitnet::cli
