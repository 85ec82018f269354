// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/import.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/mistakes.hpp"
#include "control/lab/containerlab.hpp"
#include "control/lab/read_lab.hpp"
#include "control/lab/source.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

constexpr std::string_view topology_ending = ".clab";

// Returns the name of a file without its endings.
std::string lab_name_of(const std::string& path) {
  std::string name = std::filesystem::path(path).stem();
  return name.ends_with(topology_ending) ? name.substr(0, name.size() - topology_ending.size())
                                         : name;
}

// Does nothing if there are none.
void refuse_lines(const std::string& what, const std::vector<std::string>& lines) {
  if (!lines.empty()) {
    throw Failure(fmt::format("{}:\n{}", what, fmt::join(lines, "\n")));
  }
}

}  // namespace

int import_lab(const Words& words) {
  const std::string& path = words.words.front();
  const Notation notation = path.ends_with(".json") ? Notation::json : Notation::yaml;
  const Source source = read_source(read_text(path), notation, environment_variable);
  std::vector<std::string> mistakes;
  for (const auto& [position, problem] : source.mistakes) {
    mistakes.push_back(config::at_place(path, position, config::to_text(problem)));
  }
  refuse_lines("mistakes in the topology", mistakes);
  const ImportedLab lab = import_containerlab(source.document);
  for (const rpc::Problem& problem : lab.mistakes) {
    mistakes.push_back(
        config::at_place(path, source.position_of(problem.field), config::to_text(problem)));
  }
  refuse_lines("mistakes in the topology", mistakes);
  for (const rpc::Problem& note : lab.notes) {
    const std::string line =
        config::at_place(path, source.position_of(note.field), config::to_text(note));
    std::fputs(fmt::format("tapctl: {}\n", tapctl::printable_lines(line)).c_str(), stderr);
  }
  for (const rpc::Problem& problem : read_lab(lab.document, lab_name_of(path)).mistakes) {
    mistakes.push_back(config::to_text(problem));
  }
  refuse_lines("the lab that it makes would have mistakes", mistakes);
  std::puts(lab.document.dump(2).c_str());
  return 0;
}

}  // namespace tapswitch::lab
