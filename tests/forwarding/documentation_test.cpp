// SPDX-License-Identifier: Apache-2.0
// The documentation's lists stand between markers in it; here they are compared with the code.
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "switch/forwarding/drop_reason.hpp"
#include "tests/forwarding/decide_cases.hpp"

namespace tapswitch::test {
namespace documentation_test {

using testing::ElementsAreArray;

// The text between "<!-- topic: begin -->" and "<!-- topic: end -->"; empty if there is none.
std::string listed(const std::string& document, const std::string& topic) {
  std::ifstream file(TAPSWITCH_DOCS "/" + document);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string whole = text.str();
  const std::string begin_marker = "<!-- " + topic + ": begin -->";
  const std::size_t begin = whole.find(begin_marker);
  const std::size_t end = whole.find("<!-- " + topic + ": end -->");
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return {};
  }
  return whole.substr(begin + begin_marker.size(), end - begin - begin_marker.size());
}

// Returns what 'pattern' has in its groups, one string for each place where it matches.
std::vector<std::string> all_matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> matches;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    std::string groups = match->str(1);
    for (std::size_t i = 2; i < match->size(); ++i) {
      groups += ": " + match->str(i);
    }
    matches.push_back(groups);
  }
  return matches;
}

TEST(Documentation, ArchitectureListsTheCasesOfTheForwardingRule) {
  std::vector<std::string> cases;
  for (const Case& known : decide_cases()) {
    cases.emplace_back(known.name);
  }
  EXPECT_THAT(all_matches(listed("architecture.md", "cases"), "`(\\w+)`"), ElementsAreArray(cases));
}

TEST(Documentation, OperationsSaysWhatEachDropReasonMeans) {
  std::vector<std::string> reasons;
  for (const DropReasonText& reason : drop_reasons) {
    reasons.push_back(std::string(reason.name) + ": " + std::string(reason.description));
  }
  EXPECT_THAT(all_matches(listed("operations.md", "drop reasons"),
                          "\\| `(\\w+)` \\| ([^|]+) \\| [^|]+ \\|"),
              ElementsAreArray(reasons));
}

}  // namespace documentation_test
}  // namespace tapswitch::test
