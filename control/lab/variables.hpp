// SPDX-License-Identifier: Apache-2.0
// variables.hpp: puts the environment's variables into the texts of a lab file: ${NAME}, and
// ${NAME:-DEFAULT} for where it is not set or empty, which may be written ${NAME:=DEFAULT} too. $${
// stands for the characters ${.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/rpc/error.hpp"

namespace tapswitch::lab {

// Returns the value of a variable; nullopt if it is not set.
using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

class VariableExpander {
 public:
  explicit VariableExpander(const VariableLookup& variables) : variables_(variables) {}

  // Returns the text at 'pointer' as it is meant. Where that cannot be told, notes a mistake and
  // returns it as it is. Texts for the shell of a node are left to that.
  [[nodiscard]] std::string expand(const std::string& pointer, const std::string& text);

  // Expands all texts of 'json', which stands at 'pointer'.
  void expand_all(Json& json, const std::string& pointer);

  [[nodiscard]] const std::vector<rpc::Problem>& mistakes() const { return mistakes_; }

 private:
  [[nodiscard]] std::optional<std::string> value_of(const std::string& pointer,
                                                    const std::string& reference);

  const VariableLookup& variables_;
  std::vector<rpc::Problem> mistakes_;
};

}  // namespace tapswitch::lab
