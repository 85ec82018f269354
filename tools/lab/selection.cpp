// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/selection.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/store.hpp"
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

}  // namespace

LabFile read_lab_file(const std::string& path) {
  LabFile file;
  file.path = std::filesystem::absolute(path).lexically_normal();
  file.directory = std::filesystem::path(file.path).parent_path();
  std::string text;
  try {
    text = config::Store(path).read();
  } catch (const rpc::Error& error) {
    throw Failure(error.what());
  }
  file.reading = read_lab_text(text, path, std::filesystem::path(path).stem(),
                               [&](const Need& need) { return fault_of(need, file.directory); });
  return file;
}

std::string select_lab(const std::optional<std::string>& word) {
  const auto names = lab_names();
  if (!word) {
    if (names.size() == 1) {
      return names.front();
    }
    throw Failure(names.empty() ? "there is no lab: `tapctl lab up FILE` brings one up"
                                : fmt::format("which lab? There are {}", fmt::join(names, ", ")));
  }
  if (std::find(names.begin(), names.end(), *word) != names.end()) {
    return *word;
  }
  if (word->find('/') != std::string::npos || word->ends_with(".json")) {
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
