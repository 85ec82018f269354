// SPDX-License-Identifier: Apache-2.0
// answering.hpp: a line that is being answered, bit by bit, so that others have their turn between
// two requests of a batch, and within one that takes long.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace tapswitch::rpc {

struct Caller;

class Answering {
 public:
  enum class Phase : std::uint8_t {
    between,   // no request is begun
    waiting,   // for the changes that were asked for before; to go on would do nothing
    ready,     // for a change, which is not begun
    asking,    // in the midst of a request that changes nothing, whose reply grows bit by bit
    changing,  // in the midst of a change, which must come to its end
  };

  Answering() = default;
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  virtual ~Answering() = default;

  // Whether all requests of the line are answered.
  [[nodiscard]] virtual bool is_over() const = 0;

  [[nodiscard]] virtual Phase phase() const { return Phase::between; }

  // Does a bit more of what there is to do for the line, a request at most. Returns what is to be
  // said of it: the next piece of the reply, which is one line without its newline; nothing if all
  // pieces are empty. Requires: it is not over.
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
