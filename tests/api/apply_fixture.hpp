// SPDX-License-Identifier: Apache-2.0
// apply_fixture.hpp: documents to apply, and what the kernel says of the interfaces in the lab.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/api/lab_fixture.hpp"
#include "tests/server/temporary_directory.hpp"

namespace tapswitch::test {

class ApplyApi : public LabFixture {
 protected:
  Json document() { return call("config.get", {{"format", "minimal"}}); }

  Json port(Json more = Json::object()) {
    more["namespace"] = lab_->name();
    return more;
  }

  // The document with another port.
  Json with(const std::string& name, const Json& spec) {
    Json changed = document();
    changed["switches"]["sw0"]["ports"][name] = spec;
    return changed;
  }

  // The document with another port in the place of one.
  Json instead_of(const std::string& old, const std::string& name, const Json& spec) {
    Json changed = with(name, spec);
    changed["switches"]["sw0"]["ports"].erase(old);
    return changed;
  }

  static Json texts(const Json& result) {
    Json found = Json::array();
    for (const Json& step : result["plan"]) {
      found.push_back(step["step"]);
    }
    return found;
  }

  // Returns what the kernel says of the interfaces in the lab, with their numbers and addresses;
  // without what comes and goes by itself.
  std::string interfaces() {
    const std::string file = directory_.file("interfaces");
    shell("ip -n " + lab_->name() + " -o addr > " + file + "; ip -n " + lab_->name() +
          " -d -o link | sed 's/state [A-Z]*//; s/qlen.*link/link/; s/NO-CARRIER,//' >> " + file);
    std::ifstream input(file);
    return {std::istreambuf_iterator<char>(input), {}};
  }

  // Whatever is refused at its last step leaves everything as it was.
  void expect_nothing_changes(Json wanted, const std::string& where) {
    wanted["switches"]["sw0"]["ports"]["zzz"] = port({{"interface", "lo"}});
    expect_refused(wanted, "+ port zzz", where);
  }

  // The kernel refuses 'step', and everything is as it was.
  void expect_refused(const Json& wanted, const std::string& step, const std::string& where) {
    const Json document_before = document();
    const std::string before = interfaces();
    const Json error = refuse("config.apply", {{"config", wanted}});
    ASSERT_EQ(error["data"]["kind"], "kernel_refused") << where << ": " << error;
    EXPECT_EQ(error["data"]["step"], step) << where;
    EXPECT_FALSE(error["data"].contains("not_undone")) << where << ": " << error;
    EXPECT_EQ(document(), document_before) << where;
    EXPECT_EQ(interfaces(), before) << where;
  }

  TemporaryDirectory directory_;
};

}  // namespace tapswitch::test
