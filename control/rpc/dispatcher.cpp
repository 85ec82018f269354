// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/dispatcher.hpp"

#include <fmt/format.h>

#include <deque>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

#include "control/rpc/closest_names.hpp"
#include "control/rpc/excerpt.hpp"
#include "control/rpc/jsonrpc.hpp"
#include "control/rpc/strict_json.hpp"

namespace tapswitch::rpc {

Dispatcher::Dispatcher(std::span<const Method> methods, std::map<std::string, Handler> handlers,
                       FaultLog log_fault, const Limits& limits)
    : log_fault_(std::move(log_fault)), limits_(limits) {
  for (const Method& method : methods) {
    auto handler = handlers.extract(method.name);
    if (handler.empty() || !handler.mapped()) {
      throw std::logic_error("no handler (or a second row) for method " + method.name);
    }
    const auto type = method.params.type();
    if (type != Schema::Type::object && type != Schema::Type::variant) {
      throw std::logic_error("the parameters are no object in method " + method.name);
    }
    entries_.emplace(method.name, Entry{&method, std::move(handler.mapped())});
  }
  if (!handlers.empty()) {
    throw std::logic_error("a handler without a method: " + handlers.begin()->first);
  }
}

namespace {

// For the requests of a batch behind those whose replies have filled what a session may hold.
Error full_batch(const Limits& limits) {
  return {ErrorKind::limit_reached,
          fmt::format("not carried out: the replies to this batch are longer than {} bytes already",
                      limits.unsent_bytes_per_session),
          {{"limit", limits.unsent_bytes_per_session}}};
}

Error overlong_batch(std::size_t size, const Limits& limits) {
  return {ErrorKind::limit_reached,
          fmt::format("a batch of {} requests is too long: at most {}, none was carried out", size,
                      limits.batch_requests),
          {{"limit", limits.batch_requests}}};
}

// A client that spreads a message over several lines is told so in each answer.
Error about_lines(const Error& error) {
  return {error.kind(), fmt::format("{}; a message is one line of JSON", error.what()),
          error.to_json()["data"]};
}

// Returns the texts of the elements of a list. Requires: 'list' is JSON.
std::deque<std::string_view> elements_of(std::string_view list) {
  std::deque<std::string_view> elements;
  std::size_t begin = list.find('[') + 1;
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t i = begin; i < list.size(); ++i) {
    const char c = list[i];
    if (is_in_string) {
      i += c == '\\' ? 1 : 0;
      is_in_string = c != '"';
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (depth > 0 && (c == ']' || c == '}')) {
      --depth;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      elements.push_back(list.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return elements;
}

}  // namespace

// Theory of operation: a batch is read whole at first, so that one that is broken anywhere carries
// out nothing, and then cut into the texts of its messages. Each is read again when it is carried
// out: a batch that waits between two requests holds no more memory than its line.
class Dispatcher::Line final : public Answering {
 public:
  Line(const Dispatcher& dispatcher, std::string_view text)
      : dispatcher_(dispatcher), text_(text) {}

  [[nodiscard]] bool is_over() const override { return is_begun_ && messages_.empty(); }

  [[nodiscard]] std::string go_on(const Caller& caller) override {
    if (!std::exchange(is_begun_, true)) {
      return begin(caller);
    }
    const Limits& limits = dispatcher_.limits_;
    const bool is_full = said_ >= limits.unsent_bytes_per_session;
    const auto reply =
        dispatcher_.answer_message(parse_json(messages_.front(), limits.nesting), caller, is_full);
    messages_.pop_front();
    std::string piece;
    if (reply) {
      piece += said_ == 0 ? '[' : ',';
      piece += to_line(*reply);
    }
    said_ += piece.size();
    if (messages_.empty() && said_ > 0) {
      piece += ']';
    }
    return piece;
  }

 private:
  std::string begin(const Caller& caller) {
    const Limits& limits = dispatcher_.limits_;
    Json message;
    try {
      message = parse_json(text_, limits.nesting, limits.values);
    } catch (const Error& error) {
      return to_line(error_reply(nullptr, about_lines(error)));
    }
    if (!message.is_array()) {
      const auto reply = dispatcher_.answer_message(std::move(message), caller);
      return reply ? to_line(*reply) : std::string();
    }
    if (message.empty()) {
      return to_line(
          error_reply(nullptr, Error(ErrorKind::invalid_request, "no valid request: empty batch")));
    }
    if (message.size() > limits.batch_requests) {
      return to_line(error_reply(nullptr, overlong_batch(message.size(), limits)));
    }
    messages_ = elements_of(text_);
    return {};
  }

  const Dispatcher& dispatcher_;
  const std::string_view text_;
  bool is_begun_ = false;
  std::deque<std::string_view> messages_;  // of a batch, that are not answered yet
  std::size_t said_ = 0;                   // bytes of the reply to a batch
};

std::unique_ptr<Answering> Dispatcher::begin(std::string_view line) const {
  return std::make_unique<Line>(*this, line);
}

std::optional<std::string> Dispatcher::answer(std::string_view line, const Caller& caller) const {
  Line answering(*this, line);
  std::string reply;
  while (!answering.is_over()) {
    reply += answering.go_on(caller);
  }
  return reply.empty() ? std::nullopt : std::optional(std::move(reply));
}

std::optional<Json> Dispatcher::answer_message(Json message, const Caller& caller,
                                               bool is_full) const {
  const Json id = reply_id(message);
  Request request;
  try {
    request = to_request(std::move(message));
  } catch (const Error& error) {
    return error_reply(id, error);
  }
  Json reply = is_full ? error_reply(id, full_batch(limits_)) : answer_request(request, id, caller);
  return request.id ? std::optional(std::move(reply)) : std::nullopt;
}

Json Dispatcher::answer_request(const Request& request, const Json& id,
                                const Caller& caller) const {
  std::string fault;
  try {
    return success_reply(id, call(request, caller));
  } catch (const Error& error) {
    return error_reply(id, error);
  } catch (const std::bad_alloc&) {
    return error_reply(id, Error(ErrorKind::limit_reached, no_memory));
  } catch (const std::exception& exception) {
    fault = exception.what();
  } catch (...) {
    fault = "an exception of unknown type";
  }
  // A fault is ours to find out: the log gets it, a stranger need not.
  if (log_fault_) {
    log_fault_(request.method, fault);
  }
  return error_reply(
      id, Error(ErrorKind::internal_error, "internal error; the daemon's log says more"));
}

Json Dispatcher::call(const Request& request, const Caller& caller) const {
  const auto found = entries_.find(request.method);
  if (found == entries_.end()) {
    throw unknown_method(request.method);
  }
  const auto& [method, handler] = found->second;
  if (method->changes && caller.is_read_only) {
    throw Error(ErrorKind::read_only,
                fmt::format("{} changes something, and this socket is read-only", method->name));
  }
  if (!request.params.is_object()) {
    throw invalid_params({{"", "parameters go by name", "an object"}});
  }
  if (const auto problems = method->params.check(request.params); !problems.empty()) {
    throw invalid_params(problems);
  }
  return handler(request.params, caller);
}

Error Dispatcher::unknown_method(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries_) {
    names.emplace_back(known);
  }
  std::string message = fmt::format("there is no method {}", in_quotes(name));
  Json data = Json::object();
  if (auto closest = closest_names(name, names); !closest.empty()) {
    message += fmt::format("; did you mean {}?", closest.front());
    data["did_you_mean"] = std::move(closest);
  }
  return {ErrorKind::method_not_found, message, std::move(data)};
}

}  // namespace tapswitch::rpc
