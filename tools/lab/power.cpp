// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/power.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/lab/read_lab.hpp"
#include "control/lab/wiring.hpp"
#include "tools/lab/builder.hpp"
#include "tools/lab/daemon.hpp"
#include "tools/lab/failure.hpp"
#include "tools/lab/guard.hpp"
#include "tools/lab/interrupt.hpp"
#include "tools/lab/keeper.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/node_ports.hpp"
#include "tools/lab/selection.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

enum class Wish { stopped, started, restarted };

// One command, once it is clear which lab is meant and whose namespaces we are in.
class Power {
 public:
  Power(Wish wish, const Words& words, std::string name, Outside& outside)
      : wish_(wish),
        words_(words),
        name_(std::move(name)),
        directory_(lab_directory(name_)),
        outside_(outside),
        lock_(directory_, false),
        out_(words.has("json") ? stderr : stdout) {}

  int run() {
    find();
    for (const std::string& word : words_.words) {
      sort(word);
    }
    if (!stops_.empty() || !plan_.is_empty()) {
      // Paths in the file begin there.
      const std::string files_from = std::filesystem::path(before_.file).parent_path();
      if (::chdir(files_from.c_str()) != 0) {
        throw Failure(fmt::format("cannot go to {}: {}", files_from, std::strerror(errno)));
      }
      catch_interrupts();
      work(files_from);
    }
    tell_end();
    return 0;
  }

 private:
  void find() {
    const auto state = lock_.is_open() ? StateFile::load(directory_) : std::nullopt;
    if (!state) {
      throw Failure(fmt::format("the lab '{}' is not up", name_));
    }
    const std::string repair = fmt::format("`tapctl lab up {}` repairs that", state->file);
    if (!state->is_whole) {
      throw Failure(fmt::format("the lab '{}' is not complete: {}", name_, repair));
    }
    if (!state->daemon || !is_running(*state->daemon) || !daemon_answers(directory_)) {
      throw Failure(fmt::format("the switches of the lab '{}' do not answer: {}", name_, repair));
    }
    before_ = *state;
    lab_ = read_lab(before_.document, name_).lab;
  }

  // Finds out what is to be done with one node.
  void sort(const std::string& word) {
    const auto found = lab_.nodes.find(word);
    if (found == lab_.nodes.end()) {
      std::vector<std::string> names;
      for (const auto& [name, node] : lab_.nodes) {
        names.push_back(name);
      }
      throw Failure(fmt::format("the lab '{}' has no node '{}'{}", name_, word,
                                tapctl::did_you_mean(word, names)));
    }
    const bool is_stopped = before_.stopped.contains(word);
    const auto record = before_.nodes.find(word);
    const bool is_on_record = record != before_.nodes.end();
    if (wish_ == Wish::stopped) {
      if (is_stopped && !is_on_record) {
        tell(fmt::format("node {} is stopped already", word));
        return;
      }
      stops_.insert(word);
      plan_.remove.insert(word);
      return;
    }
    if (wish_ == Wish::started && is_on_record && !is_stopped) {
      if (!fault_of(record->second, found->second.has_namespace())) {
        mend(word, record->second);
        return;
      }
    }
    plan_.remove.insert(word);
    plan_.make.insert(word);
    if (is_stopped) {
      starts_.insert(word);
    }
  }

  // Has those processes of a node that is up started that have ended.
  void mend(const std::string& node, const NodeRecord& record) {
    std::vector<std::string> ended;
    for (const auto& [process, id] : record.processes) {
      if (!is_running(id)) {
        ended.push_back(process);
      }
    }
    if (ended.empty()) {
      tell(fmt::format("node {} is up already", node));
    } else {
      plan_.restart[node] = std::move(ended);
    }
  }

  // Returns what the switches are to run: all but the ports of these nodes stays as it is now,
  // whoever has changed it.
  [[nodiscard]] Json document() const {
    const Json running = running_document(directory_);
    if (!stops_.empty()) {
      return without_ports_of(lab_, running, stops_);
    }
    return with_ports_of(lab_, running, wire(lab_, directory_, before_.has_kernel_path).document,
                         plan_.make);
  }

  void work(const std::string& files_from) {
    LogKeeper logs(directory_);
    Progress progress(out_);
    StateFile state(directory_);
    StartedProcesses started(logs);
    const Site site{lab_, directory_, files_from, state, progress, logs, started, outside_};
    const std::string title = title_of_stop();
    try {
      const Json wanted = document();
      if (!title.empty()) {
        progress.begin(title);
      }
      state.update([&](State& each) {
        each.stopped.insert(stops_.begin(), stops_.end());
        for (const std::string& node : starts_) {
          each.stopped.erase(node);
        }
      });
      build(site, wanted, plan_);
    } catch (const std::exception& error) {
      const std::string text = error.what();
      forget_interrupts();
      progress.forget(title);
      take_back(site);
      throw Failure(text);
    }
    if (!title.empty()) {
      progress.end(title, "stopped");
    }
  }

  // A stop that failed can be asked for again. A node that does not start is as down as it was.
  void take_back(const Site& site) const {
    if (plan_.make.empty()) {
      return;
    }
    site.progress.tell("taking back what was made");
    remove_nodes(site.state, plan_.make);
    site.state.forget([&](State& each) { each.stopped.insert(starts_.begin(), starts_.end()); });
    try {
      apply_document(directory_, without_ports_of(lab_, running_document(directory_), plan_.make));
    } catch (const std::exception& error) {
      site.progress.tell(error.what());
    }
  }

  [[nodiscard]] std::string title_of_stop() const {
    std::string title;
    for (const std::string& node : stops_) {
      title += (title.empty() ? stops_.size() == 1 ? "node " : "nodes " : ", ") + node;
    }
    return title;
  }

  void tell(const std::string& line) const {
    std::fputs((tapctl::printable(line) + '\n').c_str(), out_);
  }

  void tell_end() const {
    if (!words_.has("json")) {
      return;
    }
    std::set<std::string> changed = stops_;
    changed.insert(plan_.make.begin(), plan_.make.end());
    for (const auto& [node, processes] : plan_.restart) {
      changed.insert(node);
    }
    std::fputs(tapctl::json_text(Json{{"name", name_}, {"changed", changed}}, 2).c_str(), stdout);
  }

  const Wish wish_;
  const Words& words_;
  const std::string name_;
  const std::string directory_;
  Outside& outside_;
  const LockedDirectory lock_;
  std::FILE* const out_;
  State before_;
  LabSpec lab_;
  WorkPlan plan_;
  std::set<std::string> stops_;
  std::set<std::string> starts_;  // of those that are stopped
};

int power(Wish wish, const Words& words) {
  const FoundLab found = find_lab(words.value("lab"));
  const auto work = [&](Outside& outside) { return Power(wish, words, found.name, outside).run(); };
  if (found.state.keeper) {
    return run_inside(*found.state.keeper,
                      [&](Outside& outside) { return run_guarded([&] { return work(outside); }); });
  }
  Outside outside;
  return work(outside);
}

}  // namespace

int stop(const Words& words) { return power(Wish::stopped, words); }

int start(const Words& words) { return power(Wish::started, words); }

int restart(const Words& words) { return power(Wish::restarted, words); }

}  // namespace tapswitch::lab
