#include "sim/exchange/workload_text.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>

#include <nlohmann/json.hpp>

#include "sim/config/values.hpp"

namespace interlock::exchange {

namespace {

void write(const std::vector<StepText>& steps, std::size_t indent, std::string& text) {
    const std::string blanks(indent, ' ');
    for (const auto& step : steps) {
        text += blanks + "- " + step.text + '\n';
        if (step.steps.empty()) continue;
        text += blanks + "  steps:\n";
        write(step.steps, indent + 4, text);
    }
}

}  // namespace

std::string word(const std::string& name) {
    const auto plain = [](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
               letter == '-' || letter == '.';
    };
    const bool begins = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) != 0;
    const bool note = name.rfind("x-", 0) == 0;  // the scenario file's
    if (begins && !note && std::all_of(name.begin(), name.end(), plain) && name != "null" &&
        name != "true" && name != "false")
        return name;
    return nlohmann::json(name).dump();
}

std::string microseconds_text(std::int64_t microseconds) {
    return config::text_of(std::chrono::microseconds(microseconds));
}

std::string programs_text(const std::vector<ProgramText>& programs) {
    std::string text = "programs:\n";
    for (const auto& program : programs) {
        text += "  " + word(program.name) + ":\n";
        write(program.steps, 4, text);
    }
    return text;
}

}  // namespace interlock::exchange
