// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/verb.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/rpc/closest_names.hpp"
#include "control/rpc/excerpt.hpp"
#include "tools/tapctl/line/own_commands.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

using rpc::Method;

namespace {

std::string noun_of(const std::string& method) { return method.substr(0, method.find('.')); }

std::optional<Method> find_method(const std::vector<Method>& methods, const std::string& name) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const Method& method) { return method.name == name; });
  return found == methods.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string> verb_names(const std::vector<Method>& methods) {
  std::vector<std::string> names;
  std::transform(methods.begin(), methods.end(), std::back_inserter(names), verb_of);
  return names;
}

const std::vector<std::string> no_words;

// Words that people say elsewhere, and ours for them. Where there are two, the second is for one
// thing that is named.
const std::map<std::string, std::vector<std::string>, std::less<>>& synonyms() {
  static const std::map<std::string, std::vector<std::string>, std::less<>> all = {
      {"show", {"list", "get"}}, {"ls", {"list"}},
      {"info", {"get"}},         {"status", {"get", "info"}},
      {"describe", {"get"}},     {"create", {"add"}},
      {"new", {"add"}},          {"delete", {"remove"}},
      {"del", {"remove"}},       {"rm", {"remove"}},
      {"change", {"set"}},       {"modify", {"set"}},
      {"update", {"set"}},       {"edit", {"set"}},
      {"clear", {"flush"}},      {"dump", {"list", "get"}},
  };
  return all;
}

// Returns the one of 'names' that is another word for 'word'; "" if there is none.
std::string meant_verb(const std::string& word, const std::vector<std::string>& names,
                       bool is_of_one) {
  const auto found = synonyms().find(word);
  std::string meant;
  for (const std::string& verb : found == synonyms().end() ? no_words : found->second) {
    if (std::ranges::find(names, verb) != names.end() && (meant.empty() || is_of_one)) {
      meant = verb;
    }
  }
  return meant;
}

// Returns those of 'names' that begin with 'word'. What ends the daemon is named in full.
std::vector<std::string> begun_by(const std::string& word, const std::vector<std::string>& names) {
  std::vector<std::string> begun;
  std::ranges::copy_if(names, std::back_inserter(begun), [&](const std::string& name) {
    return name.starts_with(word) && name != "shutdown";
  });
  return begun;
}

std::vector<std::string> first_words(const std::vector<Method>& methods) {
  std::vector<std::string> words = nouns(methods);
  for (const Alias& alias : aliases()) {
    words.push_back(alias.word);
  }
  for (const Method& command : own_commands()) {
    words.push_back(command.name);
  }
  words.emplace_back("lab");
  words.emplace_back("call");
  return words;
}

}  // namespace

const std::vector<Alias>& aliases() {
  static const std::vector<Alias> all = {
      {"trace", "frame.trace"},     {"info", "system.info"},      {"shutdown", "system.shutdown"},
      {"discover", "rpc.discover"}, {"diff", "config.diff"},      {"apply", "config.apply"},
      {"save", "config.save"},      {"watch", "event.subscribe"}, {"events", "event.subscribe"}};
  return all;
}

std::string command_of(const std::string& method) {
  for (const Alias& alias : aliases()) {
    if (alias.method == method) {
      return alias.word;
    }
  }
  std::string command = method;
  std::replace(command.begin(), command.end(), '.', ' ');
  return command;
}

std::vector<std::string> nouns(const std::vector<Method>& methods) {
  std::vector<std::string> names;
  for (const Method& method : methods) {
    std::string noun = noun_of(method.name);
    if (std::find(names.begin(), names.end(), noun) == names.end()) {
      names.push_back(std::move(noun));
    }
  }
  return names;
}

std::vector<Method> verbs(const std::vector<Method>& methods, const std::string& noun) {
  std::vector<Method> found;
  std::copy_if(methods.begin(), methods.end(), std::back_inserter(found),
               [&](const Method& method) { return noun_of(method.name) == noun; });
  return found;
}

std::string verb_of(const Method& method) { return method.name.substr(method.name.find('.') + 1); }

namespace {

// Returns the verb of 'noun' that a word stands for that is none itself: what it means, or what it
// alone begins. Throws UsageError if there is none.
std::string whole_verb(const std::vector<Method>& of_noun, const std::string& noun,
                       const std::vector<std::string>& words) {
  const std::string& word = words[1];
  const std::vector<std::string> names = verb_names(of_noun);
  if (std::string meant = meant_verb(word, names, words.size() > 2); !meant.empty()) {
    return meant;
  }
  const std::vector<std::string> begun = begun_by(word, names);
  if (begun.size() == 1) {
    return begun.front();
  }
  throw UsageError(
      fmt::format("'{}' has no verb {}{} (it has: {})", noun, rpc::in_quotes(word),
                  begun.empty() ? did_you_mean(word, names) : "", fmt::join(names, ", ")),
      noun);
}

// Returns the first word that 'word' stands for: itself, or what it alone begins.
std::string whole_first_word(const std::vector<Method>& methods, const std::string& word) {
  const std::vector<std::string> all = first_words(methods);
  const std::vector<std::string> begun = begun_by(word, all);
  if (std::ranges::find(all, word) != all.end() || begun.empty()) {
    return word;
  }
  if (begun.size() > 1) {
    throw UsageError(
        fmt::format("{} may be one of {}", rpc::in_quotes(word), fmt::join(begun, ", ")));
  }
  const bool is_a_method = begun.front() != "lab" && begun.front() != "call";
  return is_a_method ? begun.front() : word;
}

Selection select_in_full(const std::vector<Method>& methods,
                         const std::vector<std::string>& words) {
  const std::string& noun = words.front();
  for (const Alias& alias : aliases()) {
    if (alias.word == noun) {
      return {*find_method(methods, alias.method), 1};
    }
  }
  if (words.size() > 1) {
    if (const auto method = find_method(methods, noun + '.' + words[1])) {
      return {*method, 2};
    }
  }
  if (const auto command = find_method(own_commands(), noun)) {
    return {*command, 1};
  }
  const std::vector<Method> of_noun = verbs(methods, noun);
  if (of_noun.empty()) {
    throw UsageError(fmt::format("there is no command {}{}", rpc::in_quotes(noun),
                                 did_you_mean(noun, first_words(methods))));
  }
  // A noun with a single verb that shows something needs none: `stp sw0`.
  if (of_noun.size() == 1 && verb_of(of_noun.front()) == "get") {
    return {of_noun.front(), 1};
  }
  if (words.size() > 1) {
    return {*find_method(of_noun, noun + '.' + whole_verb(of_noun, noun, words)), 2};
  }
  for (const char* verb : {".list", ".get", ".info"}) {
    if (const auto method = find_method(of_noun, noun + verb)) {
      return {*method, 1};
    }
  }
  throw UsageError(fmt::format("'{}' needs a verb: {}", noun, fmt::join(verb_names(of_noun), ", ")),
                   noun);
}

}  // namespace

Selection select_method(const std::vector<Method>& methods, const std::vector<std::string>& words) {
  std::vector<std::string> whole = words;
  whole.front() = whole_first_word(methods, words.front());
  return select_in_full(methods, whole);
}

}  // namespace tapswitch::tapctl
