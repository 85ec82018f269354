// SPDX-License-Identifier: Apache-2.0
// lab_maker.hpp: labs for tests, from the JSON of their parts.
#pragma once

#include <string>
#include <vector>

#include "control/lab/read_lab.hpp"

namespace tapswitch::lab {

// A lab with the switches sw0 and sw1.
inline Json document_of(const char* nodes, const char* links) {
  return {{"version", 1},
          {"name", "test"},
          {"switches", {{"sw0", Json::object()}, {"sw1", Json::object()}}},
          {"nodes", Json::parse(nodes)},
          {"links", Json::parse(links)}};
}

// Returns what is wrong with it: "/pointer: problem".
inline std::vector<std::string> mistakes_of(const Json& document) {
  std::vector<std::string> found;
  for (const rpc::Problem& mistake : read_lab(document, "test").mistakes) {
    found.push_back(mistake.field + ": " + mistake.problem);
  }
  return found;
}

inline std::vector<std::string> mistakes_of(const char* nodes, const char* links) {
  return mistakes_of(document_of(nodes, links));
}

// Returns a lab without mistakes.
inline LabSpec lab_of(const char* nodes, const char* links) {
  return read_lab(document_of(nodes, links), "test").lab;
}

}  // namespace tapswitch::lab
