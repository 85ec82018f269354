// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/selection.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/store.hpp"
#include "control/lab/source.hpp"
#include "control/rpc/error.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/process.hpp"

namespace tapswitch::lab {
namespace {

std::string advice(const Need& need) {
  return need.package.empty() ? "" : fmt::format(": 'apt install {}' brings it", need.package);
}

// Paths in a lab file begin at the directory it is in.
std::optional<std::string> fault_of(const Need& need, const std::string& directory) {
  const bool has_slash = need.text.find('/') != std::string::npos;
  const std::string path = need.kind == Need::Kind::file || has_slash
                               ? (std::filesystem::path(directory) / need.text).string()
                               : need.text;
  if (need.kind == Need::Kind::program) {
    return find_program(path)
               ? std::nullopt
               : std::optional(fmt::format("there is no program '{}'{}{}", need.text,
                                           has_slash ? "" : " in PATH", advice(need)));
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return fmt::format("'{}': {}", path, std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode) || ::access(path.c_str(), R_OK) != 0) {
    return fmt::format("'{}' is not a file that you may read", path);
  }
  return std::nullopt;
}

constexpr std::string_view usual_stem = "lab";

}  // namespace

std::string read_text(const std::string& path) {
  try {
    return config::Store(path).read();
  } catch (const rpc::Error& error) {
    throw Failure(error.what());
  }
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool is_lab_file(std::string_view word) {
  return word.find('/') != std::string_view::npos || word.ends_with(".json") ||
         notation_of(word) == Notation::yaml;
}

std::optional<std::string> lab_file_here() {
  std::vector<std::string> found;
  for (const char* name : {"lab.yml", "lab.yaml", "lab.json"}) {
    if (::access(name, F_OK) == 0) {
      found.emplace_back(name);
    }
  }
  if (found.size() > 1) {
    throw Failure(fmt::format("which file? There are {}", fmt::join(found, ", ")));
  }
  return found.empty() ? std::nullopt : std::optional(found.front());
}

LabFile read_lab_file(const std::string& path) {
  LabFile file;
  file.path = std::filesystem::absolute(path).lexically_normal();
  file.directory = std::filesystem::path(file.path).parent_path();
  const std::string text = read_text(path);
  std::string name = std::filesystem::path(path).stem();
  if (name == usual_stem) {
    name = std::filesystem::path(file.directory).filename();
  }
  file.reading = read_lab_text(
      text, path, name, [&](const Need& need) { return fault_of(need, file.directory); },
      environment_variable);
  return file;
}

std::string select_lab(const std::optional<std::string>& word) {
  const auto names = lab_names();
  const auto is_there = [&names](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (!word) {
    if (const auto file = lab_file_here()) {
      if (std::string name = read_lab_file(*file).reading.lab.name; is_there(name)) {
        return name;
      }
    }
    if (names.size() == 1) {
      return names.front();
    }
    throw Failure(names.empty() ? "there is no lab: `tapctl lab up FILE` brings one up"
                                : fmt::format("which lab? There are {}", fmt::join(names, ", ")));
  }
  if (is_there(*word)) {
    return *word;
  }
  if (is_lab_file(*word)) {
    // The file's name is all that is asked for, whatever else may be wrong with it.
    return read_lab_file(*word).reading.lab.name;
  }
  return *word;
}

FoundLab find_lab(const std::optional<std::string>& word) {
  FoundLab lab;
  lab.name = select_lab(word);
  lab.directory = lab_directory(lab.name);
  auto state = StateFile::load(lab.directory);
  if (!state) {
    throw Failure(fmt::format("the lab '{}' is not up", lab.name));
  }
  lab.state = std::move(*state);
  return lab;
}

}  // namespace tapswitch::lab
