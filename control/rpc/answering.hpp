// SPDX-License-Identifier: Apache-2.0
// answering.hpp: a line that is being answered, one request after the other, so that others have
// their turn between two requests of a batch.
#pragma once

#include <string>
#include <utility>

namespace tapswitch::rpc {

struct Caller;

class Answering {
 public:
  Answering() = default;
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  virtual ~Answering() = default;

  // Whether all requests of the line are answered.
  [[nodiscard]] virtual bool is_over() const = 0;

  // Carries out one more step of the line, a request at most. Returns what is to be said of it: the
  // next piece of the reply, which is one line without its newline; nothing if all pieces are
  // empty. Requires: it is not over.
  [[nodiscard]] virtual std::string go_on(const Caller& caller) = 0;
};

// A line that needs no dispatcher: its reply is known.
class KnownReply final : public Answering {
 public:
  explicit KnownReply(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] bool is_over() const override { return is_over_; }
  [[nodiscard]] std::string go_on(const Caller& /*caller*/) override {
    is_over_ = true;
    return std::move(text_);
  }

 private:
  std::string text_;
  bool is_over_ = false;
};

}  // namespace tapswitch::rpc
