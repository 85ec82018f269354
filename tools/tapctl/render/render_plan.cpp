// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/render/render_plan.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "control/config/position.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/strict_json.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

namespace {

Colour colour_of(const std::string& step) {
  switch (step.empty() ? ' ' : step.front()) {
    case '+':
      return Colour::good;
    case '-':
      return Colour::bad;
    case '~':
      return Colour::warning;
    default:
      return Colour::none;
  }
}

std::string located(const Call::Document& document, config::Position position,
                    const std::string& what) {
  return document.text.empty() ? what : config::at_place(document.file, position, what);
}

}  // namespace

std::string render_steps(const Json& result, const Style& style) {
  if (result.at("plan").empty()) {
    return "no difference\n";
  }
  std::string text;
  for (const Json& step : result.at("plan")) {
    const auto line = printable(step.at("step").get<std::string>());
    text += painted(line, style.in_colour ? colour_of(line) : Colour::none);
    text += step.at("disturbs").get<bool>() ? "   (disturbs traffic)\n" : "\n";
  }
  return text;
}

std::string render_apply(const Json& params, const Json& result, const Style& style) {
  std::string steps = render_steps(result, style);
  if (result.at("plan").empty()) {
    return steps;
  }
  if (params.value("dry_run", false)) {
    return steps + "nothing is changed: this was a dry run\n";
  }
  return fmt::format("{}done: revision {}\n{}", steps, result.at("revision").dump(),
                     warning_lines(result));
}

Json parse_document(const Call::Document& document) {
  const rpc::Limits limits;
  if (document.text.size() > limits.line_bytes) {
    throw UsageError(fmt::format("{} is longer than {} bytes, the most that the daemon takes",
                                 document.file, limits.line_bytes));
  }
  try {
    return rpc::parse_json(document.text, limits.nesting);
  } catch (const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    const auto position = config::position_at(document.text, data.value("offset", std::size_t{0}));
    throw UsageError(
        config::at_place(document.file, position, data.value("problem", error.what())));
  }
}

std::string describe_mistake(const Json& problem, const Call::Document& document) {
  const auto pointer = problem.value("pointer", "");
  const auto allowed = problem.value("allowed", "");
  return located(document, config::position_of(document.text, pointer),
                 fmt::format("{}: {}{}", pointer, problem.value("problem", ""),
                             allowed.empty() ? "" : fmt::format(" (allowed: {})", allowed)));
}

}  // namespace tapswitch::tapctl
