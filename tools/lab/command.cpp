// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/command.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "control/lab/schema.hpp"
#include "tools/lab/down.hpp"
#include "tools/lab/enter.hpp"
#include "tools/lab/graph.hpp"
#include "tools/lab/guard.hpp"
#include "tools/lab/import.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/link.hpp"
#include "tools/lab/power.hpp"
#include "tools/lab/selection.hpp"
#include "tools/lab/status.hpp"
#include "tools/lab/up.hpp"
#include "tools/lab/verbs.hpp"

namespace tapswitch::lab {
namespace {

tapctl::Style style_of(const Words& words) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  winsize size{};
  const bool has_width = is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return {.in_colour =
              is_terminal && !words.has("no-color") && (no_color == nullptr || *no_color == '\0'),
          .is_exact = !is_terminal,
          .width = has_width ? size.ws_col : std::size_t{0}};
}

int carry_out(const Words& words) {
  const std::string& verb = words.verb->name;
  const tapctl::Style style = style_of(words);
  if (verb == "up") {
    return up(words, style);
  }
  if (verb == "down") {
    return down(words);
  }
  if (verb == "list") {
    return list(words, style);
  }
  if (verb == "status") {
    return status(words, style);
  }
  if (verb == "stop") {
    return stop(words);
  }
  if (verb == "start") {
    return start(words);
  }
  if (verb == "restart") {
    return restart(words);
  }
  if (verb == "exec") {
    return exec(words);
  }
  if (verb == "shell") {
    return shell(words);
  }
  if (verb == "console") {
    return console(words);
  }
  if (verb == "log") {
    return log(words);
  }
  if (verb == "link") {
    return link(words);
  }
  if (verb == "graph") {
    return graph(words);
  }
  if (verb == "validate") {
    return validate(words);
  }
  if (verb == "import") {
    return import_lab(words);
  }
  std::puts(printed_schema().dump(2).c_str());
  return 0;
}

}  // namespace

std::optional<std::vector<std::string>> words_behind(const std::vector<std::string>& arguments) {
  std::vector<std::string> behind;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "lab") {
      behind.insert(behind.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                    arguments.end());
      return behind;
    }
    const bool is_help = arguments[i] == "help" && i + 1 < arguments.size();
    // `--lab NAME lab exec ...` says which lab. What else begins as an option the verb takes, or
    // says that there is none; but this one has a value.
    if (arguments[i] == "--lab" && i + 1 < arguments.size()) {
      behind.push_back(arguments[i++]);
    } else if (!is_help && (!arguments[i].starts_with('-') || arguments[i] == "--socket")) {
      return std::nullopt;
    }
    behind.push_back(is_help ? "--help" : arguments[i]);
  }
  return std::nullopt;
}

namespace {

void append_nodes(std::string& lines, const std::string& begin,
                  const std::optional<std::string>& lab) {
  const Json nodes = find_lab(lab).state.document.value("nodes", Json::object());
  for (const auto& [name, node] : nodes.items()) {
    if (name.starts_with(begin)) {
      lines += name + "\tnode\n";
    }
  }
}

bool takes_nodes(const std::string& verb) {
  return verb == "stop" || verb == "start" || verb == "restart";
}

// Appends what 'verb' takes as its word, of what is there.
void append_names(std::string& lines, const std::string& verb, const std::string& begin,
                  const std::optional<std::string>& lab) {
  if (takes_nodes(verb) || verb == "exec" || verb == "shell" || verb == "console" ||
      verb == "log") {
    append_nodes(lines, begin, lab);
  } else if (verb == "down" || verb == "status" || verb == "graph") {
    for (const std::string& name : lab_names()) {
      lines += name.starts_with(begin) ? name + "\tlab\n" : "";
    }
  }
}

}  // namespace

std::string complete(const std::vector<std::string>& words) {
  const std::string begin = words.empty() ? "" : words.back();
  std::string lines;
  if (words.size() <= 1) {
    for (const Verb& verb : verbs()) {
      lines += verb.name.starts_with(begin) ? verb.name + '\t' + verb.summary + '\n' : "";
    }
    return lines;
  }
  try {
    const Words said = parse_words({words.begin(), words.begin() + 1}, Parsing::of_a_part);
    std::optional<std::string> lab;
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
      lab = words[i] == "--lab" ? std::optional(words[i + 1]) : lab;
    }
    if (words[words.size() - 2] == "--lab") {
      append_names(lines, "status", begin, lab);
    } else if (begin.starts_with('-')) {
      for (const auto* options : {&said.verb->options, &common_options()}) {
        for (const VerbOption& option : *options) {
          const std::string name = "--" + option.name;
          lines += name.starts_with(begin) ? name + '\t' + option.text + '\n' : "";
        }
      }
    } else if (words.size() == 2 || words[words.size() - 2] == lab ||
               takes_nodes(said.verb->name)) {
      append_names(lines, said.verb->name, begin, lab);
    }
  } catch (const std::exception&) {
    // Somebody is typing, and will be told later.
  }
  return lines;
}

int run(const std::vector<std::string>& arguments) {
  const bool asks_for_help =
      !arguments.empty() && (arguments.front() == "--help" || arguments.front() == "-h");
  if (arguments.size() == 1 && asks_for_help) {
    std::fputs(overview_help().c_str(), stdout);
    return 0;
  }
  const Words words = parse_words(arguments);
  if (words.has("help")) {
    std::fputs(verb_help(*words.verb).c_str(), stdout);
    return 0;
  }
  return run_guarded([&] { return carry_out(words); });
}

std::vector<std::string> names() { return lab_names(); }

std::string socket_of(const std::string& name) {
  return control_socket(lab_directory(select_lab(name)));
}

std::string why_unreachable(const std::string& name) {
  try {
    const FoundLab lab = find_lab(name);
    return fmt::format(
        "the switches of the lab '{}' do not answer: `tapctl lab up {}` repairs that", lab.name,
        lab.state.file);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace tapswitch::lab
