// SPDX-License-Identifier: Apache-2.0
// selection.hpp: which lab a command line means, and what its file says.
#pragma once

#include <optional>
#include <string>

#include "control/lab/read_lab.hpp"
#include "tools/lab/state.hpp"

namespace tapswitch::lab {

// A lab file, read; with all its mistakes, also what is missing on this machine.
struct LabFile {
  std::string path;       // absolute
  std::string directory;  // that it is in
  FileReading reading;
};

// Throws Failure if the file cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

// Returns the value of a variable; nullopt if it is not set.
[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

// Throws Failure if there is no such file. A lab without a name has that of its file, or of the
// directory where that is called "lab".
[[nodiscard]] LabFile read_lab_file(const std::string& path);

// The file in the working directory that is called "lab", as lab.yml; nullopt if there is none.
// Throws Failure if there are several.
[[nodiscard]] std::optional<std::string> lab_file_here();

// Whether 'word' means a file and no lab.
[[nodiscard]] bool is_lab_file(std::string_view word);

// The name of the lab that 'word' means: a lab that is there, else a file. Without a word, of the
// file in the working directory if that lab is there, else of the only lab there is. Throws
// Failure.
[[nodiscard]] std::string select_lab(const std::optional<std::string>& word);

// A lab that is there.
struct FoundLab {
  std::string name;
  std::string directory;
  State state;
};
// Throws Failure if it is not.
[[nodiscard]] FoundLab find_lab(const std::optional<std::string>& word);

}  // namespace tapswitch::lab
