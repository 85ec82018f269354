// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/arguments.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/program_options.hpp>

#include "control/rpc/excerpt.hpp"
#include "control/rpc/limits.hpp"
#include "control/rpc/strict_json.hpp"
#include "tools/tapctl/help.hpp"
#include "tools/tapctl/option.hpp"
#include "tools/tapctl/shortcuts.hpp"
#include "tools/tapctl/usage_error.hpp"
#include "tools/tapctl/value.hpp"
#include "tools/tapctl/verb.hpp"
#include "tools/version.hpp"

namespace tapswitch::tapctl {

namespace po = boost::program_options;

using rpc::Method;
using Texts = std::vector<std::string>;

namespace {

// What stands without an option; the space keeps it from being one that can be typed by mistake.
constexpr const char* positional_key = " positional";

// Names in full only: an abbreviation that is clear today is not when an option is added.
constexpr int style =
    po::command_line_style::default_style & ~po::command_line_style::allow_guessing;

void add_common(po::options_description& description) {
  description.add_options()            //
      ("socket", po::value<Texts>())   //
      ("json", po::bool_switch())      //
      ("no-color", po::bool_switch())  //
      ("help,h", po::bool_switch())    //
      ("version,V", po::bool_switch());
}

po::options_description describe_options(const std::vector<Option>& options) {
  po::options_description description;
  for (const Option& option : options) {
    auto* value = po::value<Texts>()->composing();
    if (is_flag(option)) {
      value->zero_tokens();
    }
    description.add_options()(option.name.c_str(), value);
  }
  add_common(description);
  return description;
}

// Gives every boolean its value behind '=': `--learning no` is what people write, and `--persist`
// alone, whose next word Boost would take for its value.
Texts join_booleans(const Texts& arguments, const std::vector<Option>& options) {
  const auto is_lone_boolean = [&](const std::string& argument) {
    return std::any_of(options.begin(), options.end(), [&](const Option& option) {
      return option.schema.type() == rpc::Schema::Type::boolean && !is_flag(option) &&
             argument == "--" + option.name;
    });
  };
  Texts joined;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    joined.push_back(*at);
    if (is_lone_boolean(*at)) {
      const bool has_value = at + 1 != arguments.end() && is_boolean(at[1]);
      joined.back() += '=' + (has_value ? *++at : "yes");
    }
  }
  return joined;
}

std::vector<std::string> option_names(const po::options_description& description) {
  std::vector<std::string> names;
  for (const auto& option : description.options()) {
    names.push_back(option->long_name());
  }
  return names;
}

po::variables_map parse(const Texts& arguments, const po::options_description& description) {
  po::options_description all;
  all.add(description);
  all.add_options()(positional_key, po::value<Texts>());
  po::positional_options_description positional;
  positional.add(positional_key, -1);
  po::variables_map values;
  try {
    po::store(
        po::command_line_parser(arguments).options(all).positional(positional).style(style).run(),
        values);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    throw UsageError(fmt::format("there is no option {}{}", name,
                                 did_you_mean(bare, option_names(description), "--")));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return values;
}

Manner manner_of(const po::variables_map& values) {
  Manner manner;
  if (values.contains("socket")) {
    manner.socket = values["socket"].as<Texts>().back();
  }
  manner.json = values["json"].as<bool>();
  manner.colour = !values["no-color"].as<bool>();
  return manner;
}

Texts positional_texts(const po::variables_map& values) {
  return values.contains(positional_key) ? values[positional_key].as<Texts>() : Texts();
}

// The command line taken apart: 'common' options may stand before the words of the command.
struct Parts {
  Texts common;
  Texts words;      // the first one or two
  Texts remainder;  // all that stands behind the first word
};

Parts take_apart(const Texts& arguments) {
  Parts parts;
  auto at = arguments.begin();
  for (; at != arguments.end() && at->starts_with('-'); ++at) {
    parts.common.push_back(*at);
    if (*at == "--socket" && at + 1 != arguments.end()) {
      parts.common.push_back(*++at);
    }
  }
  if (at == arguments.end()) {
    return parts;
  }
  parts.words.push_back(*at++);
  parts.remainder.assign(at, arguments.end());
  if (at != arguments.end() && !at->starts_with('-')) {
    parts.words.push_back(*at);
  }
  return parts;
}

// What was said with each option, by its name.
std::map<std::string, Texts> said(const po::variables_map& values, const Method& method) {
  std::map<std::string, Texts> texts;
  for (const Option& option : options_of(method)) {
    if (values.contains(option.name)) {
      texts[option.name] = values[option.name].as<Texts>();
    }
  }
  const std::vector<Option> positionals = positionals_of(method);
  const Texts given = positional_texts(values);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= positionals.size()) {
      throw UsageError(fmt::format("{} is one word too many for '{}'", rpc::in_quotes(given[i]),
                                   command_of(method.name)));
    }
    texts[positionals[i].name].push_back(given[i]);
  }
  return texts;
}

bool may_be_repeated(const Option& option) {
  return option.schema.type() == rpc::Schema::Type::list || option.kind == Option::Kind::trunk;
}

void apply_checked(Json& params, const Option& option, const Texts& texts) {
  if (texts.size() > 1 && !may_be_repeated(option)) {
    throw UsageError(fmt::format("--{} is given more than once", option.name));
  }
  try {
    apply_option(params, option, texts);
  } catch (const rpc::Error& error) {
    throw UsageError(fmt::format("--{}: {}", option.name, error.what()));
  }
}

std::map<std::string, std::string> default_spelling(const Method& method) {
  std::map<std::string, std::string> spelling;
  for (const Option& option : options_of(method)) {
    if (option.kind == Option::Kind::parameter) {
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

void check(const Method& method, const Call& call) {
  Texts lines;
  for (const rpc::Problem& problem : method.params.check(call.params)) {
    lines.push_back(describe(problem, call.spelling));
  }
  if (!lines.empty()) {
    throw UsageError(fmt::format("{}", fmt::join(lines, "\n")));
  }
}

Call make_call(const Method& method, const po::variables_map& values) {
  Call call{.method = method.name, .spelling = default_spelling(method)};
  const std::map<std::string, Texts> texts = said(values, method);
  for (const Option& option : options_of(method)) {
    const auto found = texts.find(option.name);
    if (found == texts.end()) {
      continue;
    }
    apply_checked(call.params, option, found->second);
    if (values.contains(option.name)) {
      call.spelling[option.field()] = "--" + option.name;
    }
    if (option.kind == Option::Kind::access_vlan) {
      call.spelling["vlan.pvid"] = "--" + option.name;
    }
  }
  complete(call.params, method);
  check(method, call);
  return call;
}

CommandLine parse_call(const Parts& parts) {
  Texts arguments = parts.common;
  arguments.insert(arguments.end(), parts.remainder.begin(), parts.remainder.end());
  const po::variables_map values = parse(arguments, describe_options({}));
  const Texts given = positional_texts(values);
  if (values["help"].as<bool>()) {
    return {{}, Answer{call_help()}};
  }
  if (given.empty() || given.size() > 2) {
    throw UsageError(
        "'call' needs a method, and its parameters as JSON or '-': "
        "tapctl call port.get '{\"name\": \"alice\"}'");
  }
  Call call{.method = given[0], .is_raw = true};
  if (given.size() == 2 && given[1] == "-") {
    call.reads_stdin = true;
  } else if (given.size() == 2) {
    call.params = parse_params(given[1]);
  }
  return {manner_of(values), std::move(call)};
}

// Without a command there can be only a question about tapctl itself.
CommandLine parse_without_command(const Parts& parts, const std::vector<Method>& methods) {
  const po::variables_map values = parse(parts.common, describe_options({}));
  if (values["version"].as<bool>()) {
    return {{}, Answer{fmt::format("tapctl {}\n", version)}};
  }
  if (values["help"].as<bool>()) {
    return {{}, Answer{overview_help(methods)}};
  }
  throw UsageError("a command is missing, such as 'port' or 'fdb'");
}

CommandLine parse_options(const Texts& arguments, const Method& method) {
  const std::vector<Option> options = options_of(method);
  const po::variables_map values =
      parse(join_booleans(arguments, options), describe_options(options));
  if (values["version"].as<bool>()) {
    return {{}, Answer{fmt::format("tapctl {}\n", version)}};
  }
  if (values["help"].as<bool>()) {
    return {{}, Answer{method_help(method)}};
  }
  return {manner_of(values), make_call(method, values)};
}

CommandLine parse_command(const Parts& parts, const Selection& selection) {
  Texts arguments = parts.common;
  // The first of the words does not stand in the remainder.
  const auto behind = parts.remainder.begin() + static_cast<std::ptrdiff_t>(selection.words) - 1;
  arguments.insert(arguments.end(), behind, parts.remainder.end());
  try {
    return parse_options(arguments, selection.method);
  } catch (const UsageError& error) {
    throw UsageError(error.what(), command_of(selection.method.name));
  }
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
  if (first == "help") {
    Texts question = parts.remainder;
    question.emplace_back("--help");
    return parse_arguments(question, methods);
  }
  if (first == "call") {
    return parse_call(parts);
  }
  if (asks_about_noun(parts, methods)) {
    return {{}, Answer{noun_help(methods, first)}};
  }
  return parse_command(parts, select_method(methods, parts.words));
}

std::string spelled(const std::map<std::string, std::string>& spelling, std::string field) {
  const std::string whole = field;
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
