// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/dispatcher.hpp"

#include <fmt/format.h>

#include <cassert>
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

// A request that is begun and not answered yet.
struct Dispatcher::AtHand {
  AtHand(Request the_request, Json the_id)
      : request(std::move(the_request)), id(std::move(the_id)) {}

  const Request request;
  const Json id;                            // of its reply
  const Entry* entry = nullptr;             // null: not checked yet
  std::optional<ChangeOrder::Place> place;  // of what changes something
  std::unique_ptr<Work> work;               // may refer to the request
};

// Theory of operation: a batch is read whole at first, so that one that is broken anywhere carries
// out nothing, and then cut into the texts of its messages. Each is read again when it is carried
// out: a batch that waits between two requests holds no more memory than its line.
class Dispatcher::Line final : public Answering {
 public:
  Line(const Dispatcher& dispatcher, std::string_view text)
      : dispatcher_(dispatcher), text_(text) {}

  [[nodiscard]] bool is_over() const override {
    return is_begun_ && !at_hand_ && messages_.empty();
  }

  [[nodiscard]] Phase phase() const override {
    if (!at_hand_ || at_hand_->entry == nullptr) {
      return Phase::between;
    }
    if (!at_hand_->place) {
      return Phase::asking;
    }
    if (at_hand_->work) {
      return Phase::changing;
    }
    return at_hand_->place->is_first() ? Phase::ready : Phase::waiting;
  }

  [[nodiscard]] std::string go_on(const Caller& caller) override {
    if (!std::exchange(is_begun_, true)) {
      return begin();
    }
    std::optional<std::string> reply;
    if (!at_hand_) {
      Json message = parse_json(messages_.front(), dispatcher_.limits_.nesting);
      messages_.pop_front();
      reply = open(std::move(message), said_ >= dispatcher_.limits_.unsent_bytes_per_session);
    }
    if (!reply) {
      reply = carry_on(caller);
    }
    return !reply ? std::string() : is_batch_ ? piece_of(*reply) : std::move(*reply);
  }

 private:
  // Reads the line. Returns the reply if nothing in it is to be carried out.
  std::string begin() {
    const Limits& limits = dispatcher_.limits_;
    Json message;
    try {
      message = parse_json(text_, limits.nesting, limits.values);
    } catch (const Error& error) {
      return to_line(error_reply(nullptr, about_lines(error)));
    }
    if (!message.is_array()) {
      return open(std::move(message), false).value_or("");
    }
    if (message.empty()) {
      return to_line(
          error_reply(nullptr, Error(ErrorKind::invalid_request, "no valid request: empty batch")));
    }
    if (message.size() > limits.batch_requests) {
      return to_line(error_reply(nullptr, overlong_batch(message.size(), limits)));
    }
    messages_ = elements_of(text_);
    is_batch_ = true;
    return {};
  }

  // Takes a message at hand. Returns its reply, empty if it is to have none, if it is not to be
  // carried out.
  std::optional<std::string> open(Json message, bool is_full) {
    Json id = reply_id(message);
    try {
      at_hand_.emplace(to_request(std::move(message)), id);
    } catch (const Error& error) {
      return to_line(error_reply(id, error));
    }
    return is_full ? std::optional(close(error_reply(id, full_batch(dispatcher_.limits_))))
                   : std::nullopt;
  }

  // Goes on with the request at hand. Returns its reply, empty to a notification, when it is
  // carried out.
  std::optional<std::string> carry_on(const Caller& caller) {
    try {
      const auto result = advance(*at_hand_, caller);
      return result ? std::optional(close(success_line(at_hand_->id, *result))) : std::nullopt;
    } catch (...) {
      at_hand_->work.reset();  // it is over, whatever becomes of its reply
      return close(error_reply(at_hand_->id, dispatcher_.refusal(at_hand_->request.method)));
    }
  }

  std::optional<std::string> advance(AtHand& at, const Caller& caller) const {
    if (at.work) {
      return at.work->go_on();
    }
    if (at.entry == nullptr) {
      at.entry = &dispatcher_.check(at.request, caller);
      if (at.entry->method->changes) {
        at.place.emplace(dispatcher_.order_of(*at.entry->method, caller));
      }
    }
    if (at.place && !at.place->is_first()) {
      return std::nullopt;
    }
    Outcome outcome = at.entry->handler(at.request.params, caller);
    if (const auto* const result = std::get_if<Json>(&outcome)) {
      return to_line(*result);
    }
    at.work = std::move(std::get<std::unique_ptr<Work>>(outcome));
    return std::nullopt;
  }

  std::string close(const Json& reply) { return close(to_line(reply)); }
  std::string close(std::string reply) {
    const bool is_to_be_said = at_hand_->request.id.has_value();
    at_hand_.reset();
    return is_to_be_said ? std::move(reply) : std::string();
  }

  // Returns the part of a batch's reply that 'reply' is.
  std::string piece_of(const std::string& reply) {
    std::string piece;
    if (!reply.empty()) {
      piece += said_ == 0 ? '[' : ',';
      piece += reply;
    }
    said_ += piece.size();
    if (messages_.empty() && said_ > 0) {
      piece += ']';
    }
    return piece;
  }

  const Dispatcher& dispatcher_;
  const std::string_view text_;
  bool is_begun_ = false;
  bool is_batch_ = false;
  std::deque<std::string_view> messages_;  // of a batch, that are not begun yet
  std::optional<AtHand> at_hand_;
  std::size_t said_ = 0;  // bytes of the reply to a batch
};

void Dispatcher::on_left(const std::function<void()>& on_left) const {
  for (ChangeOrder* const order : {&changes_, &captures_, &guests_captures_}) {
    order->on_left(on_left);
  }
}

bool Dispatcher::is_any_under_way() const {
  return !changes_.is_empty() || !captures_.is_empty() || !guests_captures_.is_empty();
}

ChangeOrder& Dispatcher::order_of(const Method& method, const Caller& caller) const {
  return !method.captures ? changes_ : caller.is_read_only ? guests_captures_ : captures_;
}

std::unique_ptr<Answering> Dispatcher::begin(std::string_view line) const {
  return std::make_unique<Line>(*this, line);
}

std::optional<std::string> Dispatcher::answer(std::string_view line, const Caller& caller) const {
  Line answering(*this, line);
  std::string reply;
  while (!answering.is_over()) {
    reply += answering.go_on(caller);
    assert(answering.phase() != Answering::Phase::waiting);
  }
  return reply.empty() ? std::nullopt : std::optional(std::move(reply));
}

Error Dispatcher::refusal(const std::string& method) const {
  std::string fault;
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::limit_reached, no_memory};
  } catch (const std::exception& exception) {
    fault = exception.what();
  } catch (...) {
    fault = "an exception of unknown type";
  }
  // A fault is ours to find out: the log gets it, a stranger need not.
  if (log_fault_) {
    log_fault_(method, fault);
  }
  return {ErrorKind::internal_error, "internal error; the daemon's log says more"};
}

const Dispatcher::Entry& Dispatcher::check(const Request& request, const Caller& caller) const {
  const auto found = entries_.find(request.method);
  if (found == entries_.end()) {
    throw unknown_method(request.method);
  }
  const Entry& entry = found->second;
  const Method& method = *entry.method;
  if (method.changes && caller.is_read_only && !(method.captures && caller.may_capture)) {
    throw Error(ErrorKind::read_only,
                fmt::format("{} changes something, and this socket is read-only", method.name));
  }
  if (!request.params.is_object()) {
    throw invalid_params({{"", "parameters go by name", "an object"}});
  }
  if (const auto problems = method.params.check(request.params); !problems.empty()) {
    throw invalid_params(problems);
  }
  return entry;
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
