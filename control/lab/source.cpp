// SPDX-License-Identifier: Apache-2.0
#include "control/lab/source.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "control/config/document.hpp"
#include "control/lab/yaml.hpp"
#include "control/rpc/strict_json.hpp"

namespace tapswitch::lab {
namespace {

// A lab of the most nodes and links has some ten thousand.
constexpr std::size_t most_yaml_values = 1'000'000;

Source read_json_source(std::string text, VariableExpander& expander) {
  Source source;
  try {
    source.document = rpc::parse_json(text, config::most_document_nesting);
  } catch (const rpc::Error& error) {
    const Json data = error.to_json()["data"];
    const std::string problem = data.value("problem", error.what());
    source.mistakes.push_back(
        {config::position_at(text, data.value("offset", std::size_t{0})), {"", problem, ""}});
    // A node that is there twice should not hide what else is wrong.
    source.document = problem.find("occurs twice") != std::string::npos
                          ? rpc::parse_loosely(text)
                          : Json(Json::value_t::discarded);
  }
  expander.expand_all(source.document, "");
  source.position_of = [text = std::move(text)](std::string_view pointer) {
    return config::position_of(text, pointer);
  };
  return source;
}

Source read_yaml_source(std::string_view text, VariableExpander& expander) {
  Source source;
  try {
    auto placed = std::make_shared<PlacedJson>(
        read_yaml(text, config::most_document_nesting, most_yaml_values,
                  [&](const std::string& pointer, const std::string& scalar) {
                    return expander.expand(pointer, scalar);
                  }));
    source.document = std::move(placed->value);
    source.position_of = [placed](std::string_view pointer) {
      auto found = placed->places.find(pointer);
      while (found == placed->places.end() && !pointer.empty()) {
        pointer = pointer.substr(0, pointer.rfind('/'));
        found = placed->places.find(pointer);
      }
      return found == placed->places.end() ? config::Position() : found->second;
    };
  } catch (const YamlFault& fault) {
    source.document = Json(Json::value_t::discarded);
    source.mistakes.push_back({fault.position, {"", fault.problem, ""}});
  }
  return source;
}

}  // namespace

Notation notation_of(std::string_view file) {
  return file.ends_with(".yml") || file.ends_with(".yaml") ? Notation::yaml : Notation::json;
}

bool Source::has_told_of(std::string_view pointer) const {
  return std::ranges::any_of(mistakes, [&](const SourceMistake& each) {
    return !each.problem.field.empty() && each.problem.field == pointer;
  });
}

Source read_source(std::string_view text, Notation notation, const VariableLookup& variables) {
  VariableExpander expander(variables);
  Source source = notation == Notation::yaml ? read_yaml_source(text, expander)
                                             : read_json_source(without_comments(text), expander);
  if (!source.document.is_discarded()) {
    for (const rpc::Problem& problem : expander.mistakes()) {
      source.mistakes.push_back({source.position_of(problem.field), problem});
    }
  }
  return source;
}

std::string without_comments(std::string_view text) {
  std::string plain(text);
  const auto blank = [&plain](std::size_t begin, std::size_t end) {
    for (; begin < end; ++begin) {
      plain[begin] = plain[begin] == '\n' ? '\n' : ' ';
    }
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    std::size_t end = at + 1;
    if (rest[0] == '"') {
      while (end < text.size() && text[end] != '"') {
        end += text[end] == '\\' ? 2 : 1;
      }
      ++end;
    } else if (rest.starts_with("//")) {
      end = std::min(text.find('\n', at), text.size());
      blank(at, end);
    } else if (rest.starts_with("/*") && rest.find("*/", 2) != std::string_view::npos) {
      end = text.find("*/", at + 2) + 2;
      blank(at, end);
    }
    at = end;
  }
  return plain;
}

}  // namespace tapswitch::lab
