// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/completion.hpp"

#include <algorithm>
#include <cstddef>

#include "tools/tapctl/line/command_options.hpp"
#include "tools/tapctl/line/link_commands.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/own_commands.hpp"
#include "tools/tapctl/line/shortcuts.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

using rpc::Method;
using Texts = std::vector<std::string>;

namespace {

struct Candidate {
  std::string word;
  std::string meaning = {};
};

using Candidates = std::vector<Candidate>;

// The finished words of the command line, sorted out.
struct Said {
  Texts words = {};                         // that are no options
  std::optional<std::string> pending = {};  // an option, without dashes, whose value comes next
  Manner manner = {};
  std::optional<Selection> selection = {};  // the method, once that is clear
};

std::optional<Selection> selected(const std::vector<Method>& methods, const Texts& words) {
  try {
    return words.empty() ? std::nullopt : std::optional(select_method(methods, words));
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

bool takes_value(const std::optional<Selection>& selection, const std::string& option) {
  if (takes_next("--" + option)) {
    return true;
  }
  if (!selection) {
    return false;
  }
  const auto options = options_of(selection->method);
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& each) { return each.name == option; });
  return found != options.end() && !is_flag(*found);
}

Said sort_out(const Texts& finished, const std::vector<Method>& methods) {
  Said said;
  for (const std::string& word : finished) {
    if (said.pending) {
      // bash takes "--socket=x" for three words.
      if (word == "=") {
        continue;
      }
      if (*said.pending == "socket") {
        said.manner.socket = word;
      } else if (*said.pending == "lab") {
        said.manner.lab = word;
      }
      said.pending.reset();
    } else if (!word.starts_with("--")) {
      said.words.push_back(word);
      said.selection = selected(methods, said.words);
    } else if (takes_value(said.selection, word.substr(2))) {
      said.pending = word.substr(2);
    }
  }
  return said;
}

Candidates first_candidates(const std::vector<Method>& methods) {
  Candidates candidates;
  for (const std::string& noun : nouns(methods)) {
    candidates.push_back({noun});
  }
  for (const Alias& alias : aliases()) {
    const auto found = selected(methods, {alias.word});
    candidates.push_back({alias.word, found ? found->method.summary : ""});
  }
  for (const Method& command : own_commands()) {
    candidates.push_back({command.name, command.summary});
  }
  candidates.push_back({"lab", "a whole lab of nodes and switches, from one file"});
  candidates.push_back({"call", "any method by its own name"});
  candidates.push_back({"help", "what there is"});
  return candidates;
}

Candidates verbs_of(const std::vector<Method>& methods, const std::string& noun) {
  Candidates candidates;
  for (const Method& method : verbs(methods, noun)) {
    candidates.push_back({verb_of(method), method.summary});
  }
  return candidates;
}

Candidates option_names(const std::optional<Selection>& selection) {
  Candidates candidates;
  if (selection) {
    for (const Option& option : options_of(selection->method)) {
      candidates.push_back({"--" + option.name, option.description});
    }
  }
  for (const char* common : {"--socket", "--lab", "--json", "--exact", "--no-color", "--help"}) {
    candidates.push_back({common});
  }
  return candidates;
}

void append_words(Candidates& candidates, const rpc::Schema& schema) {
  if (schema.type() == rpc::Schema::Type::boolean) {
    candidates.insert(candidates.end(), {{"yes"}, {"no"}});
  }
  for (const std::string& word : schema.words()) {
    candidates.push_back({word});
  }
  for (const rpc::Schema& choice : schema.choices()) {
    append_words(candidates, choice);
  }
}

// Returns whose names 'option' of 'method' takes; empty: of nothing that is there.
std::string noun_of_value(const Method& method, const Option& option) {
  if (option.name == "port" || option.name == "switch") {
    return option.name;
  }
  if (option.name == "from-port" || option.name == "to-port") {
    return "port";
  }
  if (option.name == "ports" && method.name == "capture") {
    return "port";
  }
  if (option.name == "ends") {
    return "end";
  }
  const std::string noun = method.name.substr(0, method.name.find('.'));
  const bool is_new = verb_of(method) == "add";
  return option.name == "name" && !is_new &&
                 (noun == "port" || noun == "switch" || noun == "mirror")
             ? noun
             : "";
}

Candidates values_of(const Said& said, const Option& option, const LiveNames& names) {
  Candidates candidates;
  if (const auto noun = noun_of_value(said.selection->method, option); !noun.empty()) {
    for (std::string& name : names(noun, said.manner)) {
      candidates.push_back({std::move(name), noun});
    }
  }
  append_words(candidates, option.schema);
  return candidates;
}

Candidates value_of_pending(const Said& said, const LiveNames& names) {
  if (*said.pending == "lab") {
    Candidates candidates;
    for (std::string& name : names("lab", said.manner)) {
      candidates.push_back({std::move(name), "lab"});
    }
    return candidates;
  }
  if (said.selection) {
    for (const Option& option : options_of(said.selection->method)) {
      if (option.name == *said.pending) {
        return values_of(said, option, names);
      }
    }
  }
  return {};
}

Candidates next_words(const Said& said, const std::vector<Method>& methods,
                      const LiveNames& names) {
  if (said.words.empty()) {
    return first_candidates(methods);
  }
  const std::string& first = said.words.front();
  if (first == "help" && said.words.size() == 1) {
    return first_candidates(methods);
  }
  if (first == "call" && said.words.size() == 1) {
    Candidates candidates;
    for (const Method& method : methods) {
      if (!is_link_command(method.name)) {
        candidates.push_back({method.name, method.summary});
      }
    }
    return candidates;
  }
  const std::string& noun = first == "help" ? said.words[1] : first;
  if (&noun == &said.words.back() && !verbs(methods, noun).empty()) {
    return verbs_of(methods, noun);
  }
  if (said.selection) {
    const auto positionals = positionals_of(said.selection->method);
    const std::size_t place = said.words.size() - said.selection->words;
    const bool has_list =
        !positionals.empty() && positionals.back().schema.type() == rpc::Schema::Type::list;
    const std::size_t last = has_list ? positionals.size() - 1 : place;
    const std::size_t at = std::min(place, last);
    return at < positionals.size() ? values_of(said, positionals[at], names) : Candidates();
  }
  return {};
}

}  // namespace

std::string complete(const Texts& words, const std::vector<Method>& methods,
                     const LiveNames& names) {
  std::string current = words.empty() ? "" : words.back();
  Said said = sort_out(words.empty() ? words : Texts(words.begin(), words.end() - 1), methods);
  std::string begin;  // of the word, which stays as it is
  if (const auto equal = current.find('=');
      !said.pending && current.starts_with("--") && equal != std::string::npos) {
    said.pending = current.substr(2, equal - 2);
    begin = current.substr(0, equal + 1);
    current.erase(0, equal + 1);
  } else if (said.pending && current == "=") {
    current.clear();
  }
  Candidates candidates;
  if (said.pending) {
    candidates = value_of_pending(said, names);
  } else if (current.starts_with('-')) {
    candidates = option_names(said.selection);
  } else {
    candidates = next_words(said, methods, names);
  }
  std::string lines;
  for (const Candidate& candidate : candidates) {
    if (candidate.word.starts_with(current)) {
      lines += begin + candidate.word +
               (candidate.meaning.empty() ? "" : '\t' + candidate.meaning) + '\n';
    }
  }
  return lines;
}

}  // namespace tapswitch::tapctl
