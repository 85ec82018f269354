// SPDX-License-Identifier: Apache-2.0
// log.cpp: log.set and log.tail.
#include "control/api/arguments.hpp"
#include "control/api/handlers.hpp"
#include "control/rpc/utc.hpp"

namespace tapswitch::api {
namespace {

Json to_json(const LogLine& line) {
  return {{"time", rpc::utc(line.time, 3)}, {"level", line.level}, {"text", line.text}};
}

Json tail(const LogBook& book, const Json& params) {
  Json lines = Json::array();
  for (const LogLine& line : book.last(params.value("lines", default_log_lines))) {
    lines.push_back(to_json(line));
  }
  return {{"lines", std::move(lines)}};
}

}  // namespace

void add_log_handlers(Handlers& handlers, const Daemon& daemon) {
  handlers["log.set"] = [&daemon](const Json& params, const rpc::Caller&) {
    const auto level = params.at("level").get<std::string>();
    if (is_dry_run(params)) {
      return plan("~ log level: " + level);
    }
    daemon.set_log_level(level);
    return Json{{"level", level}};
  };
  handlers["log.tail"] = [&daemon](const Json& params, const rpc::Caller&) {
    return tail(daemon.log, params);
  };
}

void publish_log(LogBook& book, events::EventHub& hub) {
  book.set_listener([&hub](const LogLine& line) {
    if (hub.is_wanted(events::Topic::log)) {
      hub.publish(events::Topic::log, "line", "", to_json(line));
    }
  });
}

}  // namespace tapswitch::api
