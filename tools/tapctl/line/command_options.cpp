// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/command_options.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "tools/tapctl/line/shortcuts.hpp"
#include "tools/tapctl/line/value.hpp"
#include "tools/tapctl/line/verb.hpp"
#include "tools/terminal/did_you_mean.hpp"
#include "tools/terminal/usage_error.hpp"

namespace tapswitch::tapctl {

namespace po = boost::program_options;

using Texts = std::vector<std::string>;

namespace {

// The key of what stands without an option; the space keeps it from being one that can be typed by
// mistake.
constexpr const char* positional_key = " positional";

// Names in full only: an abbreviation that is clear today is not when an option is added.
constexpr int parser_style =
    po::command_line_style::default_style & ~po::command_line_style::allow_guessing;

struct CommonOption {
  std::string_view name;  // as Boost wants it: "help,h"
  bool has_value = false;
};

constexpr std::array<CommonOption, 7> common_options = {{
    {"socket", true},
    {"lab", true},
    {"json,j"},
    {"exact"},
    {"no-color"},
    {"help,h"},
    {"version,V"},
}};

po::options_description describe_options(const std::vector<Option>& options) {
  po::options_description description;
  const auto add = [&](const char* name, bool has_value) {
    auto* value = po::value<Texts>()->composing();
    if (!has_value) {
      value->zero_tokens();
    }
    description.add_options()(name, value);
  };
  for (const Option& option : options) {
    const std::string letter = option.letter != 0 ? std::string{',', option.letter} : "";
    add((option.name + letter).c_str(), !is_flag(option));
  }
  for (const CommonOption& option : common_options) {
    add(option.name.data(), option.has_value);
  }
  return description;
}

// Gives every boolean its value behind '=': `--learning no` is what people write, and `--persist`
// alone, whose next word Boost would take for its value. The values of other options, and all that
// stands behind '--', are left as they are, whatever they look like.
Texts join_booleans(const Texts& arguments, const std::vector<Option>& options) {
  Texts joined;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (*at == "--") {
      joined.insert(joined.end(), at, arguments.end());
      break;
    }
    joined.push_back(*at);
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const Option& each) { return *at == "--" + each.name; });
    const bool has_next = at + 1 != arguments.end();
    if (option == options.end()) {
      if (takes_next(*at) && has_next) {
        joined.push_back(*++at);
      }
    } else if (option->schema.type() != rpc::Schema::Type::boolean) {
      if (has_next) {
        joined.push_back(*++at);
      }
    } else if (!is_flag(*option)) {
      const bool has_value = has_next && is_boolean(at[1]);
      joined.back() += '=' + (has_value ? *++at : "yes");
    }
  }
  return joined;
}

Texts option_names(const po::options_description& description) {
  Texts names;
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
    po::store(po::command_line_parser(arguments)
                  .options(all)
                  .positional(positional)
                  .style(parser_style)
                  .run(),
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

}  // namespace

bool CommandOptions::has(const std::string& name) const { return texts.contains(name); }

bool is_common_option(const std::string& argument) {
  return std::any_of(common_options.begin(), common_options.end(), [&](const CommonOption& each) {
    const std::string name = "--" + std::string(each.name.substr(0, each.name.find(',')));
    return argument == name || (argument == "-j" && name == "--json") ||
           (each.has_value && argument.starts_with(name + '='));
  });
}

bool takes_next(const std::string& argument) {
  return std::any_of(common_options.begin(), common_options.end(), [&](const CommonOption& each) {
    return each.has_value && argument == fmt::format("--{}", each.name);
  });
}

CommandOptions parse_options(const Texts& arguments, const std::vector<Option>& options) {
  const po::variables_map values =
      parse(join_booleans(arguments, options), describe_options(options));
  CommandOptions said;
  for (const auto& [name, value] : values) {
    if (name == positional_key) {
      said.words = value.as<Texts>();
    } else {
      said.texts[name] = value.as<Texts>();
    }
  }
  return said;
}

}  // namespace tapswitch::tapctl
