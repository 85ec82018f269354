// SPDX-License-Identifier: Apache-2.0
// read_lab.hpp: a lab file, from text to the model, with every mistake in it told at once. Pure:
// whether the files and programs that it names are there, the caller looks up.
//
// Theory of operation: as control/config/read_document.hpp, which also reads what this makes of the
// switches and links. Of nodes and links, the members with which something is wrong are left out of
// later checks, so that one mistake is told once.
// Limits: those of the configuration document; most_nodes and most_links.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/lab/model.hpp"
#include "control/lab/variables.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::lab {

// Something of the machine that the lab cannot do without.
struct Need {
  enum class Kind : std::uint8_t { program, file };

  Kind kind = Kind::file;
  std::string text;          // a name to be found in PATH, or a path; as written
  std::string pointer;       // where it is written
  std::string package = {};  // of Debian, that brings a program; empty: unknown
};

struct Reading {
  LabSpec lab;
  std::vector<rpc::Problem> mistakes;  // 'field' is a JSON pointer
  std::vector<Need> needs;
};

// 'default_name' is the lab's name where the document has none.
[[nodiscard]] Reading read_lab(const Json& document, const std::string& default_name);

// An inspection returns what is wrong with a need, or nullopt.
using Inspection = std::function<std::optional<std::string>(const Need&)>;

// Each mistake is a line "NAME:LINE:COLUMN: /pointer: problem (allowed: ...)", in the order of the
// file; among them those that 'inspect' finds.
struct FileReading {
  Json document;  // as it stands, its variables expanded and its name added
  LabSpec lab;
  std::vector<std::string> mistakes;
};
// 'file' says by its ending whether it is YAML or JSON.
[[nodiscard]] FileReading read_lab_text(std::string_view text, const std::string& file,
                                        const std::string& default_name, const Inspection& inspect,
                                        const VariableLookup& variables);

}  // namespace tapswitch::lab
