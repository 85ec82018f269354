// SPDX-License-Identifier: Apache-2.0
// capture.cpp: capture.start, capture.list and capture.stop.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "control/api/arguments.hpp"
#include "control/api/aside.hpp"
#include "control/api/handlers.hpp"
#include "control/network/captures.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/work.hpp"

namespace tapswitch::api {
namespace {

using network::Captures;
using network::CaptureSpec;

Directions directions_of(const std::string& word) {
  return {.in = word != "out", .out = word != "in"};
}

std::string word_of(const Directions& directions) {
  return directions.in && directions.out ? "inout" : directions.in ? "in" : "out";
}

CaptureSpec spec_of(const Json& params) {
  CaptureSpec spec;
  if (const Json* ports = rpc::find_member(params, "ports")) {
    spec.ports = ports->get<std::set<std::string>>();
    if (spec.ports.empty()) {
      throw rpc::invalid_params({{"ports", "it is empty", "names of ports; all: leave it out"}});
    }
  }
  spec.switch_name = optional_text(params, "switch");
  spec.filter = rpc::text_or(params, "filter", "");
  spec.options.directions = directions_of(rpc::text_or(params, "direction", "inout"));
  spec.options.vlan = optional_vlan(params).value_or(no_vlan);
  spec.options.snap_length = params.value("snaplen", std::size_t{0});
  spec.options.count = params.value("count", std::uint64_t{0});
  spec.options.is_uncut = boolean_or(params, "uncut", false);
  spec.options.is_of_drops = boolean_or(params, "drops", false);
  return spec;
}

// The filter is compiled aside, for a name in it may be one that is to be looked up.
class StartWork final : public rpc::Work {
 public:
  StartWork(Captures& captures, CaptureSpec spec, CaptureEnds ends, bool is_dry)
      : captures_(captures), spec_(std::move(spec)), ends_(std::move(ends)), is_dry_(is_dry) {}
  StartWork(const StartWork&) = delete;
  StartWork& operator=(const StartWork&) = delete;
  ~StartWork() override { close_slowly(std::move(ends_)); }

  [[nodiscard]] std::optional<std::string> go_on() override {
    if (!spec_.filter.empty() && spec_.options.filter == nullptr) {
      if (const auto compiled = compile_soon()) {
        spec_.options.filter = *compiled;
      }
      return std::nullopt;
    }
    return rpc::to_line(is_dry_ ? plan("+ capture")
                                : Json{{"capture", captures_.start(spec_, std::move(ends_))}});
  }

 private:
  using Filter = std::shared_ptr<const CaptureFilter>;

  [[nodiscard]] std::optional<Filter> compile_soon() {
    try {
      return compiling_.result_soon();
    } catch (const std::invalid_argument& error) {
      throw rpc::invalid_params({{"filter", error.what(), "an expression of pcap-filter(7)"}});
    }
  }

  Captures& captures_;
  CaptureSpec spec_;
  CaptureEnds ends_;
  const bool is_dry_;
  Aside<Filter> compiling_{
      [text = spec_.filter] { return std::make_shared<const CaptureFilter>(text); }};
};

// Throws rpc::Error unless the descriptors are what a capture needs.
void check_ends(const Json& params, const rpc::Descriptors& passed) {
  const auto file = params.at("fd").get<std::size_t>();
  Captures::check_file(passed.look_at(file));
  if (const Json* lease = rpc::find_member(params, "lease")) {
    const auto held_by = lease->get<std::size_t>();
    if (held_by == file || held_by >= passed.count()) {
      throw rpc::invalid_params({{"lease", fmt::format("there is no descriptor {} for it", held_by),
                                  "one that came with the line, and is not that of 'fd'"}});
    }
    Captures::check_lease(passed.look_at(held_by));
  }
}

CaptureEnds take_ends(const Json& params, rpc::Descriptors& passed) {
  CaptureEnds ends{.file = passed.take(params.at("fd").get<std::size_t>()), .lease = {}};
  if (const Json* lease = rpc::find_member(params, "lease")) {
    ends.lease = passed.take(lease->get<std::size_t>());
  }
  return ends;
}

std::optional<std::uint32_t> guest_of(const rpc::Caller& caller) {
  return caller.is_read_only ? std::optional(caller.uid) : std::nullopt;
}

rpc::Outcome start(Captures& captures, const Json& params, const rpc::Caller& caller) {
  CaptureSpec spec = spec_of(params);
  spec.guest = guest_of(caller);
  captures.check_start(spec);
  rpc::Descriptors& passed = descriptors_of(caller);
  check_ends(params, passed);
  const bool is_dry = is_dry_run(params);
  return std::make_unique<StartWork>(captures, std::move(spec),
                                     is_dry ? CaptureEnds() : take_ends(params, passed), is_dry);
}

Json describe(std::uint64_t id, const Captures::Running& running) {
  const CaptureSpec& spec = running.spec;
  const Capture::Progress progress = running.capture->progress();
  return {{"capture", id},
          {"ports", spec.ports},
          {"switch", spec.switch_name ? Json(*spec.switch_name) : Json()},
          {"vlan", spec.options.vlan != no_vlan ? Json(spec.options.vlan) : Json()},
          {"direction", word_of(spec.options.directions)},
          {"filter", spec.filter},
          {"snaplen", spec.options.snap_length},
          {"count", spec.options.count},
          {"uncut", spec.options.is_uncut},
          {"drops", spec.options.is_of_drops},
          {"frames", progress.frames},
          {"octets", progress.octets},
          {"missed", progress.missed},
          {"ports_refused", running.ports_refused}};
}

Json list(const Captures& captures) {
  Json all = Json::array();
  for (const auto& [id, running] : captures.all()) {
    all.push_back(describe(id, running));
  }
  return {{"captures", std::move(all)}};
}

}  // namespace

void add_capture_handlers(Handlers& handlers, Captures& captures) {
  handlers["capture.start"] = [&captures](const Json& params, const rpc::Caller& caller) {
    return start(captures, params, caller);
  };
  handlers["capture.list"] = [&captures](const Json&, const rpc::Caller&) {
    return list(captures);
  };
  handlers["capture.stop"] = [&captures](const Json& params, const rpc::Caller& caller) -> Json {
    const auto id = params.at("capture").get<std::uint64_t>();
    captures.check_stop(id, guest_of(caller));
    if (is_dry_run(params)) {
      return plan(fmt::format("- capture {}", id));
    }
    captures.stop(id);
    return Json::object();
  };
}

}  // namespace tapswitch::api
