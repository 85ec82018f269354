// SPDX-License-Identifier: Apache-2.0
#include "control/config/sflow.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "switch/frame/frame_view.hpp"
#include "switch/sampling/sflow_records.hpp"

namespace tapswitch::config {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr const char* socket_kind = "tcp:";
constexpr std::uint16_t default_port = 6343;  // IANA's for sFlow

Schema collector_schema() {
  return Schema::text(
      "collector",
      "an address in digits and perhaps a port, as 192.0.2.1, 192.0.2.1:6343 or [2001:db8::1]:6343",
      [](std::string_view text) { return parse_collector(std::string(text)).has_value(); });
}

Schema agent_schema() {
  return Schema::text(
      "ip-address", "an address in digits, as 192.0.2.1 or 2001:db8::1",
      [](std::string_view text) { return IpAddress::parse(std::string(text)).has_value(); });
}

std::vector<std::string> texts_of(const std::vector<SocketAddress>& collectors) {
  std::vector<std::string> texts;
  for (const SocketAddress& collector : collectors) {
    texts.push_back(collector.host_and_port());
  }
  return texts;
}

}  // namespace

std::optional<SocketAddress> parse_collector(const std::string& text) {
  const bool is_bare_ipv6 = !text.starts_with('[') && IpAddress::parse(text).has_value() &&
                            text.find(':') != std::string::npos;
  const std::string host = is_bare_ipv6 ? fmt::format("[{}]", text) : text;
  const std::size_t behind_host = host.starts_with('[') ? host.find(']') : 0;
  const bool has_port =
      behind_host != std::string::npos && host.find(':', behind_host) != std::string::npos;
  return SocketAddress::parse(has_port ? socket_kind + host
                                       : fmt::format("{}{}:{}", socket_kind, host, default_port));
}

std::vector<Field> sflow_fields() {
  const SflowSpec defaults;
  return {
      {"collectors", Schema::list(collector_schema(), max_collectors),
       "who gets the datagrams, as 192.0.2.1:6343; the port may be left out", true},
      {"agent", Schema::any_of({agent_schema(), Schema::null()}, "an address in digits, or null"),
       "the address by which collectors know this agent; default, and null: the one that leads to "
       "the first collector"},
      {"sampling", Schema::integer(0, SflowSpec::max_sampling),
       "of so many frames that come in one is sampled; 0: none", false, defaults.sampling},
      {"header_bytes", Schema::integer(FrameView::header_size, most_header_bytes),
       "the first bytes that are sent of each frame", false, defaults.header_bytes},
      {"polling_seconds", Schema::integer(0, SflowSpec::max_polling_seconds),
       "how often the counters of each port are sent; 0: never", false, defaults.polling_seconds},
      {"drops_per_second", Schema::integer(0, SflowSpec::max_drops_per_second),
       "how many dropped frames are told with their reasons, at most; 0: none", false,
       defaults.drops_per_second},
  };
}

void change(SflowSpec& spec, const Json& json) {
  if (const auto collectors = json.find("collectors"); collectors != json.end()) {
    spec.collectors.clear();
    for (const Json& text : *collectors) {
      spec.collectors.push_back(*parse_collector(text.get<std::string>()));
    }
  }
  if (const auto agent = json.find("agent"); agent != json.end()) {
    spec.agent = agent->is_null() ? std::nullopt : IpAddress::parse(agent->get<std::string>());
  }
  read(json, "sampling", spec.sampling);
  read(json, "header_bytes", spec.header_bytes);
  read(json, "polling_seconds", spec.polling_seconds);
  read(json, "drops_per_second", spec.drops_per_second);
}

void read_sflow(std::optional<SflowSpec>& spec, const Json& json, Mistakes& mistakes) {
  if (!mistakes.is_clean("/sflow")) {
    return;
  }
  if (json.is_null()) {
    spec.reset();
    return;
  }
  SflowSpec read = spec.value_or(SflowSpec());
  change(read, json);
  if (auto fault = fault_of(read)) {
    mistakes.add("/sflow/" + fault->field, fault->problem, fault->allowed);
  }
  spec = std::move(read);
}

std::optional<rpc::Problem> fault_of(const SflowSpec& spec) {
  if (!spec.collectors.empty()) {
    return std::nullopt;
  }
  return rpc::Problem{"collectors", "there is none", fmt::format("1 to {}", max_collectors)};
}

Json to_json(const SflowSpec& spec, Format format) {
  const SflowSpec defaults;
  Json json = Json::object();
  json["collectors"] = texts_of(spec.collectors);
  if (spec.agent) {
    json["agent"] = spec.agent->to_string();
  }
  write(json, "sampling", spec.sampling, defaults.sampling, format);
  write(json, "header_bytes", spec.header_bytes, defaults.header_bytes, format);
  write(json, "polling_seconds", spec.polling_seconds, defaults.polling_seconds, format);
  write(json, "drops_per_second", spec.drops_per_second, defaults.drops_per_second, format);
  return json;
}

std::string in_words(const SflowSpec& spec) {
  return fmt::format("sflow to {}", fmt::join(texts_of(spec.collectors), ", "));
}

}  // namespace tapswitch::config
