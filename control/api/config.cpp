// SPDX-License-Identifier: Apache-2.0
// config.cpp: config.get, .diff, .apply and .save.
#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "control/api/apply.hpp"
#include "control/api/arguments.hpp"
#include "control/api/aside.hpp"
#include "control/api/handlers.hpp"
#include "control/config/document.hpp"
#include "control/config/plan.hpp"
#include "control/config/read_document.hpp"
#include "control/network/name_spaces.hpp"
#include "control/network/tag_room.hpp"
#include "control/rpc/error.hpp"
#include "control/rpc/jsonrpc.hpp"

namespace tapswitch::api {
namespace {

// Writes a document, a port at a time. It is of one moment: that of its beginning.
class DocumentWork final : public rpc::Work {
 public:
  DocumentWork(const Network& running, config::Format format)
      : running_(running), format_(format) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    if (!std::exchange(is_begun_, true)) {
      network_ = running_.configuration();
      revision_ = running_.revision();
      switch_ = network_.switches.begin();
      return std::nullopt;
    }
    if (switch_ == network_.switches.end()) {
      const std::string sflow =
          network_.sflow ? R"(,"sflow":)" + rpc::to_line(config::to_json(*network_.sflow, format_))
                         : "";
      return fmt::format(R"({{"version":{},"switches":{{{}}}{},"revision":{}}})",
                         config::document_version, text_, sflow, revision_);
    }
    auto& [name, spec] = *switch_;
    if (port_ == 0) {
      ports_ = std::exchange(spec.ports, {});
      const std::string bare = rpc::to_line(config::to_json(spec, format_));
      // Ports come last, and there are none in it.
      text_ += (text_.empty() ? "" : ",") + rpc::to_line(name) + ':';
      text_.append(bare, 0, bare.size() - 2);
    }
    if (port_ < ports_.size()) {
      const config::PortSpec& port = ports_[port_];
      text_ += (port_ == 0 ? "" : ",") + rpc::to_line(port.name) + ':' +
               rpc::to_line(config::to_json(port, format_));
      ++port_;
    }
    if (port_ == ports_.size()) {
      text_ += "}}";
      port_ = 0;
      ++switch_;
    }
    return std::nullopt;
  }

 private:
  const Network& running_;
  const config::Format format_;
  bool is_begun_ = false;
  config::NetworkSpec network_;
  std::uint64_t revision_ = 0;
  std::string text_;  // of the switches
  std::map<std::string, config::SwitchSpec>::iterator switch_;
  std::vector<config::PortSpec> ports_;  // of that switch
  std::size_t port_ = 0;                 // the next of them
};

// From what runs to what 'params' want: tells the way, and goes it if that is wished.
class PlanWork final : public rpc::Work {
 public:
  // Both must outlive it.
  PlanWork(Network& network, const Json& params, bool is_to_be_done)
      : network_(network), params_(params), is_to_be_done_(is_to_be_done) {}

  [[nodiscard]] std::optional<std::string> go_on() override {
    switch (stage_) {
      case Stage::looking:
        network_.follow_links();  // an interface may have another name by now; likewise below
        running_ = network_.configuration();
        revision_ = network_.revision();
        stage_ = Stage::planning;
        break;
      case Stage::planning:
        if (auto steps = planning_.result_soon()) {
          check_steps(network_, *steps);
          steps_ = std::move(*steps);
          stage_ = is_to_be_done_ ? Stage::doing : Stage::telling;
        }
        break;
      case Stage::doing:
        do_some();
        break;
      case Stage::telling:
        return tell_some();
    }
    return std::nullopt;
  }

 private:
  enum class Stage { looking, planning, doing, telling };

  // Throws if the document has mistakes. Threads: one of its own, while the control thread leaves
  // all that it reads alone.
  [[nodiscard]] std::vector<config::Step> plan() const {
    const bool merges = rpc::text_or(params_, "mode", "replace") == "merge";
    config::NetworkSpec wanted =
        config::read_or_refuse(params_.at("config"), merges ? running_ : config::NetworkSpec());
    network::prefer_names(wanted);
    return config::plan(running_, wanted);
  }

  void do_some() {
    if (!apply_) {
      apply_.emplace(network_, steps_);
    }
    if (apply_->go_on()) {
      revision_ = network_.revision();
      stage_ = Stage::telling;
    }
  }

  std::optional<std::string> tell_some() {
    if (told_ == steps_.size()) {
      return fmt::format(R"({{"revision":{},"plan":[{}]{}}})", revision_, text_,
                         warnings_.empty() ? "" : R"(,"warnings":)" + rpc::to_line(warnings_));
    }
    const config::Step& step = steps_[told_++];
    for (const config::PlanLine& line : step.lines) {
      text_ += (text_.empty() ? "" : ",") +
               rpc::to_line({{"step", line.text}, {"disturbs", line.disturbs}});
    }
    if (is_to_be_done_) {
      warn_of(step);
    }
    return std::nullopt;
  }

  // Tells what there is to know of a port that has come or was changed.
  void warn_of(const config::Step& step) {
    const auto* const added = std::get_if<config::AddPort>(&step.action);
    const auto* const set = std::get_if<config::SetPort>(&step.action);
    if (added == nullptr && set == nullptr) {
      return;
    }
    const auto found = network_.ports().find(added != nullptr ? added->spec.name : set->spec.name);
    if (found == network_.ports().end()) {
      return;
    }
    if (added != nullptr) {
      warn(found->first, found->second.remarks);
    }
    warn(found->first, network::tag_room_remarks(network_, found->second));
  }

  void warn(const std::string& name, const std::vector<std::string>& remarks) {
    for (const std::string& remark : remarks) {
      warnings_.push_back(fmt::format("port '{}': {}", name, remark));
    }
  }

  Network& network_;
  const Json& params_;
  const bool is_to_be_done_;
  Stage stage_ = Stage::looking;
  config::NetworkSpec running_;
  std::uint64_t revision_ = 0;
  std::vector<config::Step> steps_;
  std::optional<Apply> apply_;
  std::size_t told_ = 0;  // steps
  std::string text_;      // of them
  Json warnings_ = Json::array();
  Aside<std::vector<config::Step>> planning_{[this] { return plan(); }};
};

rpc::Outcome apply_document(Network& network, const Json& params) {
  network.follow_links();
  network.check_revision(rpc::optional_integer(params, "if_revision"));
  return std::make_unique<PlanWork>(network, params, !is_dry_run(params));
}

}  // namespace

void add_config_handlers(Handlers& handlers, Network& network, const SaveConfiguration& save) {
  handlers["config.get"] = [&network](const Json& params, const rpc::Caller&) {
    network.follow_links();
    const bool is_full = rpc::text_or(params, "format", "minimal") == "full";
    return std::make_unique<DocumentWork>(network,
                                          is_full ? config::Format::full : config::Format::minimal);
  };
  handlers["config.diff"] = [&network](const Json& params, const rpc::Caller&) {
    return std::make_unique<PlanWork>(network, params, false);
  };
  handlers["config.apply"] = [&network](const Json& params, const rpc::Caller&) {
    return apply_document(network, params);
  };
  handlers["config.save"] = [&network, save](const Json& params, const rpc::Caller&) {
    if (!save) {
      throw rpc::Error(rpc::ErrorKind::unsupported,
                       "there is no file to save to: start tapswitchd with --config FILE");
    }
    network.follow_links();
    if (is_dry_run(params)) {
      return plan("~ startup file");
    }
    return Json{{"path", save()}, {"revision", network.revision()}};
  };
}

}  // namespace tapswitch::api
