// SPDX-License-Identifier: Apache-2.0
#include "control/config/conditions.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/config/members.hpp"
#include "control/config/tc_values.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::config {
namespace {

using rpc::Field;
using rpc::Schema;
using std::chrono::nanoseconds;

constexpr std::uint64_t lowest_rate = 1'000;
constexpr nanoseconds shortest_flap = std::chrono::milliseconds(1);
constexpr nanoseconds longest_flap = std::chrono::hours(24);

struct DistributionName {
  Distribution distribution;
  std::string_view name;
};
constexpr DistributionName distribution_names[] = {{Distribution::uniform, "uniform"},
                                                   {Distribution::normal, "normal"},
                                                   {Distribution::pareto, "pareto"},
                                                   {Distribution::paretonormal, "paretonormal"}};

std::optional<Distribution> read_distribution(std::string_view text) {
  const auto* const found = std::ranges::find(distribution_names, text, &DistributionName::name);
  return found != std::end(distribution_names) ? std::optional(found->distribution) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) {
      parts.push_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// As `gemodel P [R [1-H [1-K]]]`, the word itself left out or not.
std::optional<BurstLoss> read_loss_model(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ' ');
  if (!parts.empty() && parts.front() == "gemodel") {
    parts.erase(parts.begin());
  }
  std::array<double, 4> shares{0, 0, 1, 0};
  if (parts.empty() || parts.size() > shares.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto share = read_share(parts[i]);
    if (!share) {
      return std::nullopt;
    }
    shares[i] = *share;
  }
  if (parts.size() == 1) {
    shares[1] = 1 - shares[0];
  }
  return BurstLoss{.to_bad = shares[0],
                   .to_good = shares[1],
                   .loss_when_bad = shares[2],
                   .loss_when_good = shares[3]};
}

std::string loss_model_text(const BurstLoss& model) {
  return fmt::format("gemodel {} {} {} {}", share_text(model.to_bad), share_text(model.to_good),
                     share_text(model.loss_when_bad), share_text(model.loss_when_good));
}

bool is_flap_time(std::optional<nanoseconds> time) {
  return time && *time >= shortest_flap && *time <= longest_flap;
}

std::optional<Flap> read_flap(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '/');
  if (parts.size() != 2) {
    return std::nullopt;
  }
  const auto up = read_time(parts[0]);
  const auto down = read_time(parts[1]);
  return is_flap_time(up) && is_flap_time(down) ? std::optional(Flap{.up = *up, .down = *down})
                                                : std::nullopt;
}

bool is_delay(std::string_view text) {
  const auto time = read_time(text);
  return time && *time <= Conditions::longest_delay;
}

bool is_line_rate(std::string_view text) {
  const auto rate = read_rate(text);
  return rate && *rate >= lowest_rate && *rate <= Conditions::highest_rate;
}

bool is_queue_size(std::string_view text) {
  const auto size = read_size(text);
  return size && *size <= Conditions::largest_queue;
}

Schema time_schema() {
  return Schema::text("time", "a time of 0 to 60s, as 50ms or 200us", is_delay);
}

Schema share_schema() {
  return Schema::text("percent", "0% to 100%, as 1% or 0.5%",
                      [](std::string_view text) { return read_share(text).has_value(); });
}

Schema size_schema() { return Schema::text("size", "0 to 256mb, as 32kb or 1mb", is_queue_size); }

Schema or_null(Schema schema) {
  std::string allowed = schema.allowed() + ", or null for none";
  return Schema::any_of({std::move(schema), Schema::null()}, std::move(allowed));
}

}  // namespace

std::vector<Field> direction_fields() {
  std::vector<std::string> distributions;
  for (const DistributionName& each : distribution_names) {
    distributions.emplace_back(each.name);
  }
  return {
      {"delay", or_null(time_schema()), "how much later each frame comes out"},
      {"jitter", or_null(time_schema()),
       "how far the delay deviates from that; frames stay in order"},
      {"distribution", or_null(Schema::word(distributions)), "of the deviations"},
      {"correlation", or_null(share_schema()), "how likely a frame fares as the one before it"},
      {"loss", or_null(share_schema()), "how many frames are lost"},
      {"loss_model",
       or_null(
           Schema::text("loss-model",
                        "chances to turn bad, to turn good, of loss while bad, of loss while "
                        "good, as \"gemodel 1% 10% 70% 0.1%\"",
                        [](std::string_view text) { return read_loss_model(text).has_value(); })),
       "losses in bursts, by the model of Gilbert and Elliott"},
      {"duplicate", or_null(share_schema()), "how many frames come out twice"},
      {"corrupt", or_null(share_schema()), "in how many frames one bit is turned over"},
      {"reorder", or_null(share_schema()),
       "how many frames have no delay, and overtake those that have"},
      {"gap", or_null(Schema::integer(0, 1'000'000)),
       "only each frame of this number is reordered"},
      {"rate",
       or_null(Schema::text("rate", "1kbit to 1tbit a second, as 10mbit or 1.5gbit", is_line_rate)),
       "the bits of frames that cross in a second"},
      {"burst", or_null(size_schema()), "bytes that cross at once after a pause"},
      {"queue", or_null(size_schema()),
       "bytes that may wait; default: what the rate, or 10gbit, fills in the delay and 100ms; 0 "
       "with rate and burst: what is beyond the rate is dropped"},
      {"seed", or_null(Schema::integer(0, std::numeric_limits<std::int64_t>::max())),
       "of the dice: the same frames fare in the same way; default: another each time"},
  };
}

Field flap_field() {
  return {
      "flap",
      or_null(Schema::text("flap", "a time up and a time down, of 1ms to 86400s each, as 10s/2s",
                           [](std::string_view text) { return read_flap(text).has_value(); })),
      "all frames are lost from time to time, in both directions"};
}

namespace {

// Makes 'value' what 'read' makes of the member 'key'; null makes it as if it had never been said.
template <class Value, class Read>
void take(const Json& json, const char* key, Value& value, const Read& read) {
  const auto found = json.find(key);
  if (found == json.end()) {
    return;
  }
  if (found->is_null()) {
    value = Value();
  } else if constexpr (requires { *read(std::string_view()); }) {
    value = *read(found->template get_ref<const std::string&>());
  } else {
    value = read(*found);
  }
}

void change_direction(Conditions& conditions, const Json& json) {
  take(json, "delay", conditions.delay, read_time);
  take(json, "jitter", conditions.jitter, read_time);
  take(json, "distribution", conditions.distribution, read_distribution);
  take(json, "correlation", conditions.correlation, read_share);
  take(json, "loss", conditions.loss, read_share);
  take(json, "loss_model", conditions.loss_model, read_loss_model);
  take(json, "duplicate", conditions.duplicate, read_share);
  take(json, "corrupt", conditions.corrupt, read_share);
  take(json, "reorder", conditions.reorder, read_share);
  take(json, "gap", conditions.gap, [](const Json& gap) { return gap.get<std::uint32_t>(); });
  take(json, "rate", conditions.rate, read_rate);
  take(json, "burst", conditions.burst, read_size);
  take(json, "queue", conditions.queue, read_size);
  take(json, "seed", conditions.seed, [](const Json& seed) { return seed.get<std::uint64_t>(); });
}

void check(const Conditions& conditions, const std::string& prefix) {
  const auto refuse_if = [&](bool is_wrong, const char* field, const char* problem,
                             const char* allowed) {
    if (is_wrong) {
      throw rpc::invalid_params({{prefix + field, problem, allowed}});
    }
  };
  const bool has_delay = conditions.delay + conditions.jitter > nanoseconds::zero();
  refuse_if(conditions.reorder > 0 && conditions.delay == nanoseconds::zero(), "reorder",
            "without a delay there is nobody to overtake", "a delay beside it");
  refuse_if(conditions.gap > 0 && conditions.reorder <= 0, "gap",
            "says which frames are reordered, and none are", "reorder beside it");
  refuse_if(conditions.loss > 0 && conditions.loss_model.has_value(), "loss_model",
            "there is a loss beside it", "one of loss and loss_model");
  refuse_if(conditions.burst > 0 && conditions.rate == 0, "burst", "there is no rate",
            "a rate beside it");
  refuse_if(conditions.queue == 0U && (conditions.burst == 0 || has_delay), "queue",
            "nothing could cross, for nothing may wait",
            "more than 0, or a rate with a burst and no delay");
}

void write_direction(Json& json, const Conditions& conditions) {
  const Conditions none;
  const auto put = [&](const char* key, const auto& value, const auto& usual, const auto& text) {
    if (value != usual) {
      json[key] = text(value);
    }
  };
  put("delay", conditions.delay, none.delay, time_text);
  put("jitter", conditions.jitter, none.jitter, time_text);
  for (const DistributionName& each : distribution_names) {
    if (conditions.distribution == each.distribution &&
        conditions.distribution != none.distribution) {
      json["distribution"] = each.name;
    }
  }
  put("correlation", conditions.correlation, none.correlation, share_text);
  put("loss", conditions.loss, none.loss, share_text);
  if (conditions.loss_model) {
    json["loss_model"] = loss_model_text(*conditions.loss_model);
  }
  put("duplicate", conditions.duplicate, none.duplicate, share_text);
  put("corrupt", conditions.corrupt, none.corrupt, share_text);
  put("reorder", conditions.reorder, none.reorder, share_text);
  if (conditions.gap != none.gap) {
    json["gap"] = conditions.gap;
  }
  put("rate", conditions.rate, none.rate, rate_text);
  put("burst", conditions.burst, none.burst, size_text);
  if (conditions.queue) {
    json["queue"] = size_text(*conditions.queue);
  }
  if (conditions.seed) {
    json["seed"] = *conditions.seed;
  }
}

}  // namespace

Schema conditions_schema() {
  std::vector<Field> fields = direction_fields();
  fields.push_back({"in", or_null(Schema::object(direction_fields())),
                    "the same for frames that come in; those beside it are of frames that leave"});
  fields.push_back({"cut", or_null(Schema::word({"none", "in", "out", "both"})),
                    "frames of which direction are all lost, while the carrier stays"});
  fields.push_back(flap_field());
  return or_null(Schema::object(std::move(fields)));
}

void change(PortConditions& conditions, const Json& json) {
  if (json.is_null()) {
    conditions = {};
    return;
  }
  PortConditions changed = conditions;
  change_direction(changed.out, json);
  if (const auto in = json.find("in"); in != json.end() && in->is_null()) {
    changed.in = Conditions();
    changed.in.is_cut = conditions.in.is_cut;
  } else if (in != json.end()) {
    change_direction(changed.in, *in);
  }
  if (const auto cut = json.find("cut"); cut != json.end()) {
    changed.in.is_cut = *cut == "in" || *cut == "both";
    changed.out.is_cut = *cut == "out" || *cut == "both";
  }
  take(json, "flap", changed.out.flap, read_flap);
  changed.in.flap = changed.out.flap;
  check(changed.out, "conditions.");
  check(changed.in, "conditions.in.");
  conditions = changed;
}

Json to_json(const PortConditions& conditions) {
  Json json = Json::object();
  write_direction(json, conditions.out);
  Json in = Json::object();
  write_direction(in, conditions.in);
  if (!in.empty()) {
    json["in"] = std::move(in);
  }
  if (conditions.in.is_cut || conditions.out.is_cut) {
    json["cut"] = !conditions.in.is_cut ? "out" : conditions.out.is_cut ? "both" : "in";
  }
  if (const auto& flap = conditions.out.flap) {
    json["flap"] = time_text(flap->up) + '/' + time_text(flap->down);
  }
  return json;
}

std::string in_short(const Json& conditions) {
  std::string text;
  const auto add = [&](const std::string& name, const Json& value) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        value.is_string() ? value.get<std::string>() : value.dump());
  };
  for (const auto& [name, value] : conditions.items()) {
    if (!value.is_object()) {
      add(name, value);
      continue;
    }
    for (const auto& [member, inner] : value.items()) {
      add(fmt::format("{}.{}", name, member), inner);
    }
  }
  return text.empty() ? "none" : text;
}

}  // namespace tapswitch::config
