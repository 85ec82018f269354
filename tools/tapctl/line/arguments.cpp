// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/arguments.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/rpc/excerpt.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/strict_json.hpp"
#include "tools/tapctl/line/command_options.hpp"
#include "tools/tapctl/line/help.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/line/params_builder.hpp"
#include "tools/tapctl/line/shortcuts.hpp"
#include "tools/tapctl/line/value.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/tapctl/line/vlan_change.hpp"
#include "tools/terminal/text.hpp"
#include "tools/terminal/usage_error.hpp"
#include "tools/version.hpp"

namespace tapswitch::tapctl {

using rpc::Method;
using Texts = std::vector<std::string>;

namespace {

Manner manner_of(const CommandOptions& options) {
  Manner manner;
  if (options.has("socket")) {
    manner.socket = options.texts.at("socket").back();
  }
  if (options.has("lab")) {
    manner.lab = options.texts.at("lab").back();
  }
  if (manner.lab && manner.socket) {
    throw UsageError("--lab and --socket: each says which switches are meant");
  }
  manner.json = options.has("json");
  manner.exact = options.has("exact");
  manner.colour = !options.has("no-color");
  return manner;
}

// The command line taken apart: 'common' options may stand before each word of the command.
struct Parts {
  Texts common;
  Texts words;      // the first ones, three at most
  Texts remainder;  // all that stands behind the first word, but for 'common'
};

Parts take_apart(const Texts& arguments) {
  Parts parts;
  auto at = arguments.begin();
  const auto take_option = [&] {
    parts.common.push_back(*at++);
    if (takes_next(parts.common.back()) && at != arguments.end()) {
      parts.common.push_back(*at++);
    }
  };
  while (at != arguments.end() && at->starts_with('-')) {
    take_option();
  }
  if (at == arguments.end()) {
    return parts;
  }
  parts.words.push_back(*at++);
  while (at != arguments.end() && is_common_option(*at) && *at != "--help") {
    take_option();
  }
  parts.remainder.assign(at, arguments.end());
  for (; at != arguments.end() && !at->starts_with('-') && parts.words.size() < 3; ++at) {
    parts.words.push_back(*at);
  }
  return parts;
}

// A Said holds what was said of one option, and how: "--dst" or, by its place, "DST".
struct SaidValue {
  Texts texts;
  std::string spelling;
};

std::map<std::string, SaidValue> said_of(const CommandOptions& given, const Method& method) {
  std::map<std::string, SaidValue> said;
  for (const Option& option : options_of(method)) {
    if (given.has(option.name)) {
      said[option.name] = {given.texts.at(option.name), "--" + option.name};
    }
  }
  const std::vector<Option> positionals = positionals_of(method);
  for (std::size_t word = 0; word < given.words.size(); ++word) {
    // A list takes all words that are left.
    const bool has_list =
        !positionals.empty() && positionals.back().schema.type() == rpc::Schema::Type::list;
    const std::size_t i = has_list ? std::min(word, positionals.size() - 1) : word;
    if (i >= positionals.size()) {
      throw UsageError(fmt::format("{} is one word too many for '{}'",
                                   rpc::in_quotes(given.words[word]), command_of(method.name)));
    }
    SaidValue& positional = said[positionals[i].name];
    positional.texts.push_back(given.words[word]);
    if (positional.spelling.empty()) {
      positional.spelling = positionals[i].positional_name();
    }
  }
  return said;
}

bool may_be_list(const rpc::Schema& schema) {
  const std::vector<rpc::Schema> choices = schema.choices();
  return schema.type() == rpc::Schema::Type::list ||
         std::any_of(choices.begin(), choices.end(), may_be_list);
}

bool may_be_repeated(const Option& option) {
  return may_be_list(option.schema) || option.kind == Option::Kind::trunk;
}

void apply_checked(ParamsBuilder& params, const Option& option, const SaidValue& said) {
  if (said.texts.size() > 1 && !may_be_repeated(option)) {
    throw UsageError(fmt::format("--{} is given more than once", option.name));
  }
  for (const std::string& text : said.texts) {
    if (!is_utf8(text)) {
      throw UsageError(fmt::format("{}: {} is not UTF-8", said.spelling, rpc::in_quotes(text)));
    }
  }
  try {
    apply_option(params, option, said.texts, said.spelling);
  } catch (const rpc::Error& error) {
    throw UsageError(fmt::format("{}: {}", said.spelling, error.what()));
  }
}

std::map<std::string, std::string> default_spelling(const Method& method) {
  std::map<std::string, std::string> spelling;
  for (const Option& option : options_of(method)) {
    if (option.kind == Option::Kind::parameter || option.kind == Option::Kind::storm_limit) {
      spelling[option.field()] = "--" + option.name;
    }
  }
  for (const Option& option : positionals_of(method)) {
    spelling[option.field()] = option.positional_name();
  }
  if (spelling.contains("vlan.mode")) {
    spelling["vlan.mode"] = "--vlan, --trunk, --tunnel or --mode";
  }
  return spelling;
}

// The problems of the members of 'vlan' alone: which of them may stand together, the mode decides,
// and the mode is the port's.
std::vector<rpc::Problem> check_members(const Method& method, const Json& vlan) {
  std::vector<rpc::Problem> problems;
  for (const Option& option : options_of(method)) {
    const bool is_given = option.kind == Option::Kind::parameter && option.path.size() == 2 &&
                          option.path[0] == "vlan" && vlan.contains(option.path[1]);
    if (is_given) {
      const auto found = option.schema.check(vlan.at(option.path[1]), option.field());
      problems.insert(problems.end(), found.begin(), found.end());
    }
  }
  return problems;
}

std::vector<rpc::Problem> problems_of(const Method& method, const Call& call) {
  if (!call.keeps_vlan_mode) {
    return method.params.check(call.params);
  }
  Json others = call.params;
  others.erase("vlan");
  std::vector<rpc::Problem> problems = method.params.check(others);
  const auto of_vlan = check_members(method, call.params.at("vlan"));
  problems.insert(problems.end(), of_vlan.begin(), of_vlan.end());
  return problems;
}

void check(const Method& method, const Call& call) {
  Texts lines;
  for (const rpc::Problem& problem : problems_of(method, call)) {
    lines.push_back(describe(problem, call.spelling));
  }
  if (!lines.empty()) {
    throw UsageError(fmt::format("{}", fmt::join(lines, "\n")));
  }
}

Call make_call(const Method& method, const CommandOptions& given) {
  Call call{.method = method.name, .spelling = default_spelling(method)};
  const std::map<std::string, SaidValue> said = said_of(given, method);
  ParamsBuilder params;
  for (const Option& option : options_of(method)) {
    const auto found = said.find(option.name);
    if (found == said.end()) {
      continue;
    }
    apply_checked(params, option, found->second);
    call.spelling[option.field()] = found->second.spelling;
    if (option.kind == Option::Kind::file) {
      call.document.file = found->second.texts.back();
    }
    if (option.kind == Option::Kind::descriptor) {
      call.descriptors = {parse_value(option.schema, found->second.texts).get<int>()};
    }
    if (option.kind == Option::Kind::access_vlan) {
      call.spelling["vlan.pvid"] = "--" + option.name;
    }
  }
  call.params = params.take();
  complete(call.params, method);
  // --vlan with JSON gives the whole setting.
  call.keeps_vlan_mode = !said.contains("vlan") && keeps_vlan_mode(method, call.params);
  check(method, call);
  return call;
}

CommandLine parse_call(const Parts& parts) {
  Texts arguments = parts.common;
  arguments.insert(arguments.end(), parts.remainder.begin(), parts.remainder.end());
  const CommandOptions options = parse_options(arguments, {});
  const Texts& given = options.words;
  if (options.has("help")) {
    return {{}, Answer{call_help()}};
  }
  if (given.empty() || given.size() > 2) {
    throw UsageError(
        "'call' needs a method, and its parameters as JSON or '-': "
        "tapctl call port.get '{\"name\": \"alice\"}'");
  }
  if (!is_utf8(given[0])) {
    throw UsageError(fmt::format("the method {} is not UTF-8", rpc::in_quotes(given[0])));
  }
  Call call{.method = given[0], .is_raw = true};
  if (given.size() == 2 && given[1] == "-") {
    call.reads_stdin = true;
  } else if (given.size() == 2) {
    call.params = parse_params(given[1]);
  }
  return {manner_of(options), std::move(call)};
}

// Without a command there can be only a question about tapctl itself.
CommandLine parse_without_command(const Parts& parts, const std::vector<Method>& methods) {
  const CommandOptions options = parse_options(parts.common, {});
  if (options.has("version")) {
    return {{}, Answer{fmt::format("tapctl {}\n", version)}};
  }
  if (options.has("help")) {
    return {{}, Answer{overview_help(methods)}};
  }
  throw UsageError("a command is missing, such as 'port' or 'fdb'");
}

CommandLine parse_method(const Texts& arguments, const Method& method) {
  const CommandOptions options = parse_options(arguments, options_of(method));
  if (options.has("version")) {
    return {{}, Answer{fmt::format("tapctl {}\n", version)}};
  }
  if (options.has("help")) {
    return {{}, Answer{method_help(method)}};
  }
  return {manner_of(options), make_call(method, options)};
}

// Returns what 'parse' does; its UsageErrors name 'command', whose help helps.
template <class Parse>
CommandLine in_command(const std::string& command, const Parse& parse) {
  try {
    return parse();
  } catch (const UsageError& error) {
    throw UsageError(error.what(), command);
  }
}

CommandLine parse_command(const Parts& parts, const Selection& selection) {
  Texts arguments = parts.common;
  // The first of the words does not stand in the remainder.
  const auto taken = static_cast<std::ptrdiff_t>(selection.words - 1);
  const auto behind = parts.remainder.begin() + taken;
  arguments.insert(arguments.end(), behind, parts.remainder.end());
  return in_command(command_of(selection.method.name),
                    [&] { return parse_method(arguments, selection.method); });
}

bool asks_for_help(const Texts& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
}

// Whether 'word' alone is asked about: `tapctl port --help`.
bool asks_about_noun(const Parts& parts, const std::vector<Method>& methods) {
  return parts.words.size() == 1 && asks_for_help(parts.remainder) &&
         !verbs(methods, parts.words[0]).empty();
}

}  // namespace

Json parse_params(const std::string& text) {
  try {
    return rpc::parse_json(text, rpc::Limits().nesting);
  } catch (const rpc::Error& error) {
    throw UsageError(fmt::format("the parameters are no JSON: {}", error.what()));
  }
}

CommandLine parse_arguments(const Texts& arguments, const std::vector<Method>& methods) {
  const Parts parts = take_apart(arguments);
  if (parts.words.empty() || asks_for_help(parts.common)) {
    return parse_without_command(parts, methods);
  }
  const std::string& first = parts.words.front();
  const bool is_about_noun = asks_about_noun(parts, methods);
  if (first == "help" || is_about_noun) {
    // Nothing else reads what stands before the word.
    (void)parse_options(parts.common, {});
  }
  if (first == "help") {
    Texts question = parts.remainder;
    question.emplace_back("--help");
    return parse_arguments(question, methods);
  }
  if (first == "version" && parts.remainder.empty()) {
    return {{}, Answer{fmt::format("tapctl {}\n", version)}};
  }
  if (first == "call") {
    return in_command(first, [&] { return parse_call(parts); });
  }
  if (is_about_noun) {
    return {{}, Answer{noun_help(methods, first)}};
  }
  return parse_command(parts, select_method(methods, parts.words));
}

std::string spelled(const std::map<std::string, std::string>& spelling, std::string field) {
  std::string whole = field;
  while (!field.empty()) {
    if (const auto found = spelling.find(field); found != spelling.end()) {
      return found->second;
    }
    // "addresses[1]" is about "addresses", "flood.what" about "flood".
    const std::size_t end = field.find_last_of(".[");
    field.resize(end == std::string::npos ? 0 : end);
  }
  return whole;
}

std::string describe(const rpc::Problem& problem,
                     const std::map<std::string, std::string>& spelling) {
  const std::string where = spelled(spelling, problem.field);
  return fmt::format("{}{}{}{}", where, where.empty() ? "" : ": ", problem.problem,
                     problem.allowed.empty() ? "" : fmt::format(" (allowed: {})", problem.allowed));
}

}  // namespace tapswitch::tapctl
