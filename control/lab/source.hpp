// SPDX-License-Identifier: Apache-2.0
// source.hpp: the text of a lab file as a value, whether it is JSON, with comments or without, or
// YAML, and where in it each part stands. Pure: variables come from the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "control/config/position.hpp"
#include "control/lab/variables.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::lab {

enum class Notation : std::uint8_t { json, yaml };

// YAML if 'file' ends as such a file does, else JSON.
[[nodiscard]] Notation notation_of(std::string_view file);

struct SourceMistake {
  config::Position position;
  rpc::Problem problem;  // its field: a JSON pointer, or "" if the text as such is wrong
};

struct Source {
  Json document;  // its variables expanded; discarded if the text is neither JSON nor YAML
  std::vector<SourceMistake> mistakes;
  // Returns where the value that a JSON pointer leads to begins, or the innermost one around it.
  std::function<config::Position(std::string_view pointer)> position_of;

  // Whether a mistake with the value at 'pointer' has been told already.
  [[nodiscard]] bool has_told_of(std::string_view pointer) const;
};

[[nodiscard]] Source read_source(std::string_view text, Notation notation,
                                 const VariableLookup& variables);

// Returns JSON text without its comments (// to the end of the line, and /* */): blanks are where
// they were, so that all else keeps its place.
[[nodiscard]] std::string without_comments(std::string_view text);

}  // namespace tapswitch::lab
