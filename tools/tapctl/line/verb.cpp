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

// Words that people say elsewhere, and ours for them.
const std::map<std::string, std::vector<std::string>, std::less<>>& synonyms() {
  static const std::map<std::string, std::vector<std::string>, std::less<>> all = {
      {"show", {"list", "get"}}, {"ls", {"list"}},
      {"info", {"get"}},         {"status", {"get", "info"}},
      {"describe", {"get"}},     {"create", {"add"}},
      {"new", {"add"}},          {"delete", {"remove"}},
      {"del", {"remove"}},       {"rm", {"remove"}},
      {"change", {"set"}},       {"modify", {"set"}},
      {"update", {"set"}},       {"edit", {"set"}},
      {"clear", {"flush"}},      {"stop", {"shutdown"}},
      {"dump", {"list", "get"}},
  };
  return all;
}

// "; did you mean 'list' or 'get'?": by what 'word' means, else by how it is spelled.
std::string suggested_verb(const std::string& word, const std::vector<Method>& of_noun) {
  const std::vector<std::string> names = verb_names(of_noun);
  std::vector<std::string> meant;
  if (const auto found = synonyms().find(word); found != synonyms().end()) {
    std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(meant),
                 [&](const std::string& verb) {
                   return std::find(names.begin(), names.end(), verb) != names.end();
                 });
  }
  return meant.empty() ? did_you_mean(word, names)
                       : fmt::format("; did you mean '{}'?", fmt::join(meant, "' or '"));
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

Selection select_method(const std::vector<Method>& methods, const std::vector<std::string>& words) {
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
    throw UsageError(
        fmt::format("'{}' has no verb {}{} (it has: {})", noun, rpc::in_quotes(words[1]),
                    suggested_verb(words[1], of_noun), fmt::join(verb_names(of_noun), ", ")),
        noun);
  }
  for (const char* verb : {".list", ".get", ".info"}) {
    if (const auto method = find_method(of_noun, noun + verb)) {
      return {*method, 1};
    }
  }
  throw UsageError(fmt::format("'{}' needs a verb: {}", noun, fmt::join(verb_names(of_noun), ", ")),
                   noun);
}

}  // namespace tapswitch::tapctl
