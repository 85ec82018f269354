// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/verbs.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "control/lab/model.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::lab {

using tapctl::UsageError;

namespace {

const VerbOption which_lab{"lab", "NAME", "which lab; default: the only one there is"};

std::string command_of(const Verb& verb) { return "lab " + verb.name; }

// The option that 'argument' is, and the value it has with it, if any.
const VerbOption* find_option(const Verb& verb, const std::string& name) {
  for (const auto* options : {&verb.options, &common_options()}) {
    for (const VerbOption& option : *options) {
      if (option.name == name) {
        return &option;
      }
    }
  }
  return nullptr;
}

// Words that people say elsewhere, and ours for them.
const std::map<std::string, std::string, std::less<>>& other_verbs() {
  static const std::map<std::string, std::string, std::less<>> all = {{"deploy", "up"},
                                                                      {"destroy", "down"},
                                                                      {"inspect", "status"},
                                                                      {"ls", "list"},
                                                                      {"logs", "log"}};
  return all;
}

const Verb& find_verb(const std::string& word) {
  const auto other = other_verbs().find(word);
  const std::string& name = other == other_verbs().end() ? word : other->second;
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) {
    if (verb.name == name) {
      return verb;
    }
    names.push_back(verb.name);
  }
  throw UsageError(
      fmt::format("there is no 'lab {}'{}", name, tapctl::did_you_mean(name, names, "lab ")),
      "lab");
}

// One command line on its way.
class Parser {
 public:
  Parser(const std::vector<std::string>& arguments, Parsing parsing)
      : arguments_(arguments), parsing_(parsing) {}

  Words parse() {
    std::vector<std::string> early;  // options before the verb
    while (at_ < arguments_.size() && arguments_[at_].starts_with("-")) {
      early.push_back(arguments_[at_++]);
      if (early.back() == "--lab" && at_ < arguments_.size()) {
        early.push_back(arguments_[at_++]);
      }
    }
    words_.verb = &find_verb(at_ < arguments_.size() ? arguments_[at_++] : "list");
    const std::vector<std::string> rest(arguments_.begin() + static_cast<std::ptrdiff_t>(at_),
                                        arguments_.end());
    early.insert(early.end(), rest.begin(), rest.end());
    arguments_ = early;
    for (at_ = 0; at_ < arguments_.size(); ++at_) {
      take(arguments_[at_]);
    }
    check_count();
    return std::move(words_);
  }

 private:
  void take(const std::string& argument) {
    const bool is_command_begun = words_.verb->takes_command && !words_.words.empty();
    if (argument == "--" || (is_command_begun && !argument.starts_with("-"))) {
      const std::size_t begin = argument == "--" ? at_ + 1 : at_;
      words_.command.assign(arguments_.begin() + static_cast<std::ptrdiff_t>(begin),
                            arguments_.end());
      at_ = arguments_.size();
    } else if (argument == "-h" || argument == "-j") {
      words_.options[argument == "-h" ? "help" : "json"] = "";
    } else if (argument.starts_with("--")) {
      take_option(argument.substr(2));
    } else {
      words_.words.push_back(argument);
    }
  }

  void take_option(const std::string& text) {
    const std::size_t equal = std::min(text.find('='), text.size());
    const std::string name = text.substr(0, equal);
    const VerbOption* option = find_option(*words_.verb, name);
    if (option == nullptr) {
      throw UsageError(fmt::format("there is no option --{}", name), command_of(*words_.verb));
    }
    if (option->value.empty() != (equal == text.size()) && option->value.empty()) {
      throw UsageError(fmt::format("--{} takes no value", name), command_of(*words_.verb));
    }
    std::string value = equal < text.size() ? text.substr(equal + 1) : "";
    if (!option->value.empty() && equal == text.size()) {
      if (++at_ >= arguments_.size()) {
        throw UsageError(fmt::format("--{} needs a {}", name, option->value),
                         command_of(*words_.verb));
      }
      value = arguments_[at_];
    }
    words_.options[name] = value;
  }

  void check_count() const {
    const Verb& verb = *words_.verb;
    if (words_.has("help") || parsing_ == Parsing::of_a_part) {
      return;
    }
    if (words_.words.size() < verb.least_words || words_.words.size() > verb.most_words) {
      const bool is_more = words_.words.size() > verb.most_words;
      throw UsageError(is_more
                           ? fmt::format("'{}' is one word too many", words_.words[verb.most_words])
                           : "something is missing: tapctl lab " + verb.usage,
                       command_of(verb));
    }
    if (verb.takes_command && words_.command.empty()) {
      throw UsageError("which command? It stands behind '--'", command_of(verb));
    }
    if (!verb.takes_command && !words_.command.empty()) {
      throw UsageError("it takes no command", command_of(verb));
    }
  }

  std::vector<std::string> arguments_;
  Parsing parsing_;
  std::size_t at_ = 0;
  Words words_;
};

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      {"up",
       "up [FILE] [OPTION]...",
       "brings up the lab that FILE describes, or makes of the one that is there what it "
       "describes; "
       "default: lab.yml or lab.json",
       {{"dry-run", "", "show what would be done, and do nothing"},
        {"rootless", "", "without root, in user namespaces; for root too"},
        {"replace", "", "also if the lab of that name came from another file"}},
       0,
       1},
      {"down",
       "down [NAME|FILE] [OPTION]...",
       "takes a lab away: all that `lab up` made",
       {{"force", "", "also if its record is broken: what can be found without"}},
       0,
       1},
      {"list", "list [OPTION]...", "the labs that are there", {}, 0, 0},
      {"status",
       "status [NAME|FILE] [OPTION]...",
       "the nodes of a lab, and how they are",
       {},
       0,
       1},
      {"stop",
       "stop NODE... [OPTION]...",
       "takes nodes of a lab down, and leaves the others as they are; `lab up` leaves them stopped",
       {which_lab},
       1,
       most_nodes},
      {"start",
       "start NODE... [OPTION]...",
       "brings nodes up that are stopped or broken",
       {which_lab},
       1,
       most_nodes},
      {"restart",
       "restart NODE... [OPTION]...",
       "takes nodes of a lab down and brings them up again, as the lab came up",
       {which_lab},
       1,
       most_nodes},
      {"exec",
       "exec NODE [OPTION]... -- COMMAND...",
       "runs a command in a node; its exit status is that of the command",
       {which_lab},
       1,
       1,
       true},
      {"shell", "shell NODE [OPTION]...", "starts your shell in a node", {which_lab}, 1, 1},
      {"console",
       "console NODE [OPTION]...",
       "connects this terminal with the console of a virtual machine; Ctrl-] leaves it",
       {which_lab},
       1,
       1},
      {"log",
       "log [NODE] [OPTION]...",
       "what a node's commands, processes and console have said; without a node, the switches",
       {which_lab},
       0,
       1},
      {"link",
       "link down|up NODE:INTERFACE [OPTION]...",
       "pulls the cable of an interface, or puts it back; of a link of two nodes both lose carrier",
       {which_lab},
       2,
       2},
      {"graph",
       "graph [NAME|FILE] [OPTION]...",
       "draws a lab, of a file or one that is there",
       {{"format", "FORMAT",
         "text, dot, or svg and png by Graphviz; default: text on a terminal, else dot"}},
       0,
       1},
      {"validate",
       "validate [FILE] [OPTION]...",
       "tells the mistakes of a lab file, and whether there are any by its exit status",
       {},
       0,
       1},
      {"import",
       "import FILE [OPTION]...",
       "prints the lab file for a topology of containerlab, and what has no equal in it",
       {},
       1,
       1},
      {"schema", "schema", "prints the JSON Schema of lab files, for editors", {}, 0, 0},
  };
  return table;
}

const std::vector<VerbOption>& common_options() {
  static const std::vector<VerbOption> options = {
      {"json", "", "print the result as JSON"},
      {"no-color", "", "no colours"},
      {"help", "", "print this help"},
  };
  return options;
}

std::optional<std::string> Words::value(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::nullopt : std::optional(found->second);
}

Words parse_words(const std::vector<std::string>& arguments, Parsing parsing) {
  return Parser(arguments, parsing).parse();
}

std::string overview_help() {
  std::string text =
      "Usage: tapctl lab VERB [OPTION]...\n\n"
      "A lab is nodes and switches, from one file with one command.\n\nVerbs:\n";
  for (const Verb& verb : verbs()) {
    text += fmt::format("  {:<16}  {}\n", verb.name, verb.summary);
  }
  return text +
         "\n  tapctl --lab NAME ...   any other command, asked of the switches of a lab\n"
         "\nThe options of a verb: tapctl lab VERB --help. The file: tapswitch-lab(5).\n";
}

std::string verb_help(const Verb& verb) {
  std::string text =
      fmt::format("Usage: tapctl lab {}\n\n{}\n\nOptions:\n", verb.usage, verb.summary);
  for (const auto* options : {&verb.options, &common_options()}) {
    for (const VerbOption& option : *options) {
      text += fmt::format("  --{}{}{}\n        {}\n", option.name, option.value.empty() ? "" : " ",
                          option.value, option.text);
    }
  }
  return text;
}

}  // namespace tapswitch::lab
