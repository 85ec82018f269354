// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/up.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/lab/wiring.hpp"
#include "switch/system/socket_address.hpp"
#include "tools/lab/builder.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/guard.hpp"
#include "tools/lab/interrupt.hpp"
#include "tools/lab/keeper.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/machine.hpp"
#include "tools/lab/node_ports.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

tapctl::Colour colour_of_change(const std::string& line) {
  switch (line.front()) {
    case '+':
      return tapctl::Colour::good;
    case '-':
      return tapctl::Colour::bad;
    case '~':
      return tapctl::Colour::warning;
    default:
      return tapctl::Colour::none;
  }
}

// One `lab up`, once it is clear that the file is right and whose namespaces we are in.
class Up {
 public:
  Up(const Words& words, const tapctl::Style& style, const LabFile& file, Outside& outside)
      : words_(words),
        style_(style),
        file_(file),
        outside_(outside),
        out_(words.has("json") ? stderr : stdout),
        name_(file.reading.lab.name),
        directory_(lab_directory(name_)) {}

  int run() {
    // Paths in the file begin there.
    if (::chdir(file_.directory.c_str()) != 0) {
      throw Failure(fmt::format("cannot go to {}: {}", file_.directory, std::strerror(errno)));
    }
    if (words_.has("dry-run")) {
      const auto state = StateFile::load(directory_);
      make_document(state);
      show(plan_work(file_.reading.lab, document_, state, directory_));
      if (is_of_another_file(state) && !words_.has("replace")) {
        std::fputs((complaint_of_file(state->file) + '\n').c_str(), out_);
      }
      std::fputs("nothing is done: this was a dry run\n", out_);
      return 0;
    }
    LockedDirectory lock(directory_, true);
    const auto before = StateFile::load(directory_);
    try {
      bring_up(lock, before);
    } catch (const std::exception&) {
      if (!StateFile::load(directory_)) {
        lock.remove();  // nothing is on record, so there is nothing
      }
      throw;
    }
    return 0;
  }

 private:
  void bring_up(LockedDirectory& lock, const std::optional<State>& before) {
    const bool is_new = !before || (!before->is_whole && before->nodes.empty() && !before->daemon);
    make_document(before);
    const WorkPlan plan =
        plan_work(file_.reading.lab, document_, is_new ? std::nullopt : before, directory_);
    show(plan);
    if (!is_new && is_of_another_file(before) && !words_.has("replace")) {
      throw Failure(complaint_of_file(before->file));
    }
    StateFile state(directory_);
    if (!plan.is_empty()) {
      catch_interrupts();
      work(lock, state, plan, is_new);
    }
    tell_end(plan);
  }

  void make_document(const std::optional<State>& before) {
    const bool is_up = before && before->is_whole;
    const bool is_rootless =
        ::geteuid() != 0 || words_.has("rootless") || (before && before->keeper);
    has_kernel_path_ = is_up ? before->has_kernel_path : !is_rootless && can_have_kernel_path();
    document_ = document_of(file_.reading.lab, has_kernel_path_,
                            is_up ? before->stopped : std::set<std::string>());
  }

  // Returns what the daemon is to run; a node that is stopped has no ports.
  [[nodiscard]] Json document_of(const LabSpec& lab, bool has_kernel_path,
                                 const std::set<std::string>& stopped) const {
    Json document = wire(lab, directory_, has_kernel_path).document;
    return stopped.empty() ? document : without_ports_of(lab, document, stopped);
  }

  // A lab that is called alike by chance shall not become this one unasked. One that is the same
  // may have been moved.
  [[nodiscard]] bool is_of_another_file(const std::optional<State>& before) const {
    std::error_code none;
    return before && before->document != file_.reading.document && before->file != file_.path &&
           !std::filesystem::equivalent(before->file, file_.path, none);
  }

  [[nodiscard]] std::string complaint_of_file(const std::string& other) const {
    return fmt::format(
        "the lab '{}' came from another file, {}: `tapctl lab up --replace {}` makes of it what "
        "this "
        "one says; or give this one another \"name\"",
        name_, other, file_.path);
  }

  void show(const WorkPlan& plan) const {
    for (const std::string& line : plan.lines) {
      const std::string text = tapctl::printable(line);
      std::fputs((style_.in_colour ? tapctl::painted(text, colour_of_change(text)) : text).c_str(),
                 out_);
      std::fputc('\n', out_);
    }
    if (plan.is_empty()) {
      std::fputs("no difference\n", out_);
    }
    std::fflush(out_);
  }

  void work(LockedDirectory& lock, StateFile& state, const WorkPlan& plan, bool is_new) {
    LogKeeper logs(directory_);
    Progress progress(out_);
    if (plan.removes_remains) {
      remove_all(state, progress);
    }
    const State before = state.state();
    const bool is_change = !is_new && !plan.removes_remains;
    state.update([&](State& each) {
      each.name = name_;
      each.file = file_.path;
      if (!is_change) {
        each.document = file_.reading.document;
        each.is_whole = false;
        each.daemon.reset();
        each.has_kernel_path = has_kernel_path_;
        each.stopped.clear();
      }
    });
    StartedProcesses started(logs);
    const Site site{file_.reading.lab, directory_, file_.directory, state,
                    progress,          logs,       started,         outside_};
    try {
      build(site, document_, plan);
    } catch (const std::exception& error) {
      const std::string text = error.what();
      forget_interrupts();
      progress.tell("taking back what was made");
      if (is_change) {
        restore(site, plan, before);
      } else {
        remove_all(state, progress);
        logs.close();
        // Without root the keeper is still there, and whoever started it removes the directory.
        if (!state.state().keeper) {
          lock.remove();
        }
      }
      throw Failure(text);
    }
    state.update([&](State& each) {
      each.document = file_.reading.document;
      each.is_whole = true;
      std::erase_if(each.stopped, [&](const std::string& name) {
        return !file_.reading.lab.nodes.contains(name);
      });
    });
  }

  // After a change that failed: what was made for it goes, and what was before comes back.
  void restore(const Site& failed, const WorkPlan& plan, const State& before) {
    StateFile& state = failed.state;
    remove_nodes(state, plan.make);
    if (before.document == file_.reading.document) {
      return;  // it was being repaired; what could not be made is as missing as it was
    }
    const LabSpec old = read_lab(before.document, name_).lab;
    const Json document = document_of(old, before.has_kernel_path, before.stopped);
    try {
      state.update([&](State& each) { each.file = before.file; });
      StartedProcesses started(failed.logs);
      const Site site{old,         directory_, file_.directory, state, failed.progress,
                      failed.logs, started,    outside_};
      build(site, document, plan_work(old, document, state.state(), directory_));
    } catch (const std::exception& error) {
      failed.progress.tell(
          fmt::format("the lab as it was could not be restored: {}", error.what()));
    }
  }

  void tell_end(const WorkPlan& plan) const {
    const std::string socket = control_socket(directory_);
    if (words_.has("json")) {
      const Json result = {{"name", name_},
                           {"directory", directory_},
                           {"socket", socket},
                           {"changed", !plan.is_empty()},
                           {"plan", plan.lines}};
      std::fputs(tapctl::json_text(result, 2).c_str(), stdout);
      return;
    }
    std::fputs(
        fmt::format("lab {} is up. Its switches: tapctl --lab {} port\n", name_, name_).c_str(),
        out_);
  }

  const Words& words_;
  const tapctl::Style& style_;
  const LabFile& file_;
  Outside& outside_;
  std::FILE* out_;
  std::string name_;
  std::string directory_;
  bool has_kernel_path_ = false;
  Json document_;
};

// Whether 'state' is of a lab in namespaces that are still held.
bool has_keeper(const std::optional<State>& state) {
  return state && state->keeper && is_running(*state->keeper);
}

// The kernel bounds the paths of sockets, and nobody would find the cause in QEMU's words.
void refuse_long_paths(const LabSpec& lab) {
  constexpr std::size_t longest = SocketAddress::max_path_size;
  const std::string directory = lab_directory(lab.name);
  std::vector<std::string> paths = {control_socket(directory)};
  for (const auto& [name, node] : lab.nodes) {
    if (node.kind == NodeSpec::Kind::vm) {
      paths.push_back(console_socket(directory, name));
    }
  }
  for (const LinkSpec& link : lab.links) {
    for (const End& end : {link.first, link.second}) {
      if (!end.is_switch() && lab.nodes.at(end.name).kind == NodeSpec::Kind::vm) {
        paths.push_back(card_socket(directory, end.name, end.interface));
      }
    }
  }
  for (const std::string& path : paths) {
    if (path.size() > longest) {
      throw Failure(
          fmt::format("{} would be the path of a socket, and is longer than {} bytes: "
                      "take shorter names, or another XDG_RUNTIME_DIR",
                      path, longest));
    }
  }
}

void start_lab_keeper(const std::string& name, const std::string& path) {
  LockedDirectory lock(lab_directory(name), true);
  const auto before = StateFile::load(lock.path());
  if (has_keeper(before)) {
    return;
  }
  StateFile state(lock.path());
  try {
    // Whatever a keeper held has gone with it.
    start_keeper([&](const ProcessId& keeper) {
      state.update([&](State& each) {
        each = {.name = name, .file = path, .boot = each.boot, .keeper = keeper};
      });
    });
  } catch (const std::exception& error) {
    const std::string text = error.what();
    if (const auto keeper = state.state().keeper) {
      end({*keeper}, grace);
    }
    lock.remove();
    throw Failure(text);
  }
}

int up_rootless(const Words& words, const tapctl::Style& style, const LabFile& file) {
  const std::string& name = file.reading.lab.name;
  const std::string directory = lab_directory(name);
  if (const std::string fault = fault_of_rootless(); !fault.empty()) {
    throw Failure("a lab without root cannot be had here: " + fault);
  }
  if (words.has("dry-run") && !has_keeper(StateFile::load(directory))) {
    Outside outside;
    return Up(words, style, file, outside).run();
  }
  start_lab_keeper(name, file.path);
  const auto keeper = StateFile::load(directory)->keeper;
  const int status = run_inside(*keeper, [&](Outside& outside) {
    return run_guarded([&] { return Up(words, style, file, outside).run(); });
  });
  LockedDirectory lock(directory, false);
  const auto after = StateFile::load(directory);
  if (lock.is_open() && (!after || !after->is_whole)) {
    end({*keeper}, grace);
    lock.remove();
  }
  return status;
}

// Reads the file that 'words' name, or that of the directory. Throws Failure with its mistakes.
LabFile read_right_file(const Words& words) {
  const auto path = words.words.empty() ? lab_file_here() : std::optional(words.words.front());
  if (!path) {
    throw Failure("which file? There is no lab.yml and no lab.json here");
  }
  LabFile file = read_lab_file(*path);
  if (!file.reading.mistakes.empty()) {
    throw Failure(
        fmt::format("mistakes in the lab file:\n{}", fmt::join(file.reading.mistakes, "\n")));
  }
  return file;
}

}  // namespace

int validate(const Words& words) {
  (void)read_right_file(words);
  return 0;
}

int up(const Words& words, const tapctl::Style& style) {
  const LabFile file = read_right_file(words);
  refuse_long_paths(file.reading.lab);
  // Found before anything is made, and before we go to another directory.
  ::setenv("TAPSWITCHD", std::filesystem::absolute(daemon_program()).c_str(), 1);
  const auto state = StateFile::load(lab_directory(file.reading.lab.name));
  if (words.has("rootless") || (state && state->keeper)) {
    if (state && !state->keeper) {
      throw Failure(fmt::format("the lab '{}' is up with root: take it down first", state->name));
    }
    return up_rootless(words, style, file);
  }
  if (::geteuid() != 0) {
    throw Failure("only root may make network namespaces and TAPs: use sudo, or --rootless");
  }
  Outside outside;
  return Up(words, style, file, outside).run();
}

}  // namespace tapswitch::lab
