// SPDX-License-Identifier: Apache-2.0
// read_document.hpp: a configuration document, from text or JSON to the model, with every mistake
// in it told at once.
//
// Theory of operation: the schema is checked first, as a whole. What it finds nothing wrong with,
// port by port, is read, and of that is asked what no schema can say: whether names and interfaces
// occur once, and whether static entries lead somewhere. So one wrong port hides no mistake of
// another.
// Limits: at most most_mistakes are told; those of document.hpp on size and depth.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/mistakes.hpp"
#include "control/config/model.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/json.hpp"

namespace tapswitch::config {

struct Reading {
  NetworkSpec network;                 // of what is right, if something is wrong
  std::vector<rpc::Problem> mistakes;  // 'field' is a JSON pointer
};

// Reads 'document'. What it does not name is as in 'base': nothing, to replace what is; what runs,
// to merge. A VLAN setting is one thing and is replaced whole; static entries are added to.
[[nodiscard]] Reading read_document(const Json& document, const NetworkSpec& base = {});

// Throws invalid_params if there are mistakes: "pointer" tells where, "problems" has all.
[[nodiscard]] NetworkSpec read_or_refuse(const Json& document, const NetworkSpec& base = {});

// For the text of a file: JSON that cannot be parsed is a mistake at the empty pointer, and each
// mistake is a line "NAME:LINE:COLUMN: /pointer: problem (allowed: ...)".
struct FileReading {
  NetworkSpec network;
  std::vector<std::string> mistakes;
};
[[nodiscard]] FileReading read_file_text(std::string_view text, const std::string& name);

}  // namespace tapswitch::config
