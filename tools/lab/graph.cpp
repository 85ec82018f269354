// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/graph.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "control/lab/drawing.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/process.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {
namespace {

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// A picture may be had of a file that has mistakes: it shows what was understood.
LabSpec read_spec(const Words& words) {
  if (!words.words.empty() && is_file(words.words.front())) {
    const LabFile file = read_lab_file(words.words.front());
    for (const std::string& mistake : file.reading.mistakes) {
      std::fputs(fmt::format("tapctl: {}\n", tapctl::printable_lines(mistake)).c_str(), stderr);
    }
    return file.reading.lab;
  }
  const FoundLab lab =
      find_lab(words.words.empty() ? std::nullopt : std::optional(words.words.front()));
  return read_lab(lab.state.document, lab.name).lab;
}

int draw_by_graphviz(const std::string& dot, const std::string& format) {
  const auto program = find_program("dot");
  if (!program) {
    throw Failure(
        "an image needs Graphviz, which is not installed: 'apt-get install graphviz'. "
        "--format dot and text do without");
  }
  if (format == "png" && ::isatty(STDOUT_FILENO) == 1) {
    throw Failure("a terminal shows no PNG: 'tapctl lab graph --format png > lab.png'");
  }
  std::fflush(stdout);
  std::FILE* pipe = ::popen(fmt::format("'{}' -T{}", *program, format).c_str(), "w");
  if (pipe == nullptr) {
    throw Failure("cannot start Graphviz");
  }
  std::fputs(dot.c_str(), pipe);
  if (::pclose(pipe) != 0) {
    throw Failure("Graphviz could not draw it");
  }
  return 0;
}

}  // namespace

int graph(const Words& words) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::string format = words.value("format").value_or(is_terminal ? "text" : "dot");
  if (format != "text" && format != "dot" && format != "svg" && format != "png") {
    throw tapctl::UsageError(
        fmt::format("--format: '{}' is none (allowed: text, dot, svg, png)", format), "lab graph");
  }
  const LabSpec lab = read_spec(words);
  if (format == "text" || format == "dot") {
    const std::string picture = format == "text" ? to_drawing(lab) : to_dot(lab);
    std::fputs(tapctl::printable_lines(picture).c_str(), stdout);
    return 0;
  }
  return draw_by_graphviz(to_dot(lab), format);
}

}  // namespace tapswitch::lab
