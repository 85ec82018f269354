// SPDX-License-Identifier: Apache-2.0
// route_request.hpp: a request to the kernel by rtnetlink, as it is put together, and its answer.
// For the files of this room that say something to the kernel by a RouteSocket.
#pragma once

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>

struct nl_sock;

namespace tapswitch {

class RouteRequest {
 public:
  using Answer = std::function<void(nlmsghdr*)>;

  template <class Header>
  RouteRequest(int type, int flags, const Header& header)
      : message_(::nlmsg_alloc_simple(type, flags)) {
    is_complete_ = message_ != nullptr;
    put_header(header);
  }
  // The same with a header that has its attributes behind it.
  RouteRequest(int type, int flags, std::span<const std::byte> body);

  void put(int attribute, std::span<const std::byte> octets);
  void put(int attribute, std::uint32_t value) {
    put(attribute, std::as_bytes(std::span(&value, 1)));
  }
  void put(int attribute, const std::string& text);

  // An attribute that has a header without a name of its own, and others inside: 'fill' puts them.
  template <class Header, class Fill>
  void nest(int attribute, const Header& header, const Fill& fill) {
    nest(attribute, [&] {
      put_header(header);
      fill();
    });
  }
  template <class Fill>
  void nest(int attribute, const Fill& fill) {
    nlattr* const outer = is_complete_ ? ::nla_nest_start(message_.get(), attribute) : nullptr;
    is_complete_ = outer != nullptr;
    fill();
    if (is_complete_) {
      ::nla_nest_end(message_.get(), outer);
    }
  }

  // Sends it and hears every message of the answer. Gives the errno of the kernel, 0 for success;
  // EINTR if it is a list, and what is listed has changed meanwhile.
  [[nodiscard]] int exchange(nl_sock* socket, const Answer& on_answer = {});
  // The same for a request to list (NLM_F_DUMP): such a list may lack what did not change, so it is
  // forgotten and asked for again, some times. The last is taken, however it came.
  [[nodiscard]] int list(nl_sock* socket, const std::function<void()>& forget,
                         const Answer& on_answer);

 private:
  struct MessageFree {
    void operator()(nl_msg* message) const { ::nlmsg_free(message); }
  };

  template <class Header>
  void put_header(const Header& header) {
    is_complete_ = is_complete_ && ::nlmsg_append(message_.get(), const_cast<Header*>(&header),
                                                  sizeof header, NLMSG_ALIGNTO) == 0;
  }

  std::unique_ptr<nl_msg, MessageFree> message_;
  bool is_complete_ = false;
};

// Returns the value of an attribute, which need not be aligned in the message; zero if it is
// absent.
template <class Value>
Value read_attribute(const nlattr* attribute) {
  Value value{};
  if (attribute != nullptr) {
    const auto size = static_cast<std::size_t>(::nla_len(attribute));
    std::memcpy(&value, ::nla_data(attribute), std::min(size, sizeof value));
  }
  return value;
}

[[nodiscard]] inline std::span<const std::byte> attribute_octets(const nlattr* attribute) {
  return {static_cast<const std::byte*>(::nla_data(attribute)),
          static_cast<std::size_t>(::nla_len(attribute))};
}

}  // namespace tapswitch
