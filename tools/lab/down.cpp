// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/down.hpp"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "tools/lab/builder.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/process.hpp"
#include "tools/lab/selection.hpp"
#include "tools/lab/unrecorded.hpp"

namespace tapswitch::lab {
namespace {

void remove_recorded(const std::string& name, const std::string& directory, const State& found,
                     std::FILE* out) {
  Progress progress(out);
  if (found.keeper) {
    progress.begin("lab " + name);
    end({*found.keeper}, grace);
    progress.end("lab " + name, "down");
    return;
  }
  StateFile state(directory);
  state.forget([](State& each) { each.is_whole = false; });
  remove_all(state, progress);
}

}  // namespace

int down(const Words& words) {
  const std::string name =
      select_lab(words.words.empty() ? std::nullopt : std::optional(words.words.front()));
  std::FILE* const out = words.has("json") ? stderr : stdout;
  LockedDirectory lock(lab_directory(name), false);
  if (!lock.is_open()) {
    std::fputs(fmt::format("lab {} is not up: nothing to do\n", name).c_str(), out);
    return 0;
  }
  try {
    if (const auto found = StateFile::load(lock.path())) {
      remove_recorded(name, lock.path(), *found, out);
    }
  } catch (const BrokenState&) {
    if (!words.has("force")) {
      throw;
    }
    remove_unrecorded(lock.path(), name, out);
  }
  lock.remove();
  return 0;
}

}  // namespace tapswitch::lab
