// SPDX-License-Identifier: Apache-2.0
#include "switch/system/route_request.hpp"

#include <netlink/errno.h>
#include <netlink/netlink.h>

#include <cerrno>

namespace tapswitch {
namespace {

struct CallbackFree {
  void operator()(nl_cb* callbacks) const { ::nl_cb_put(callbacks); }
};

struct Conversation {
  const RouteRequest::Answer* on_answer;
  bool is_over = false;
  int error = 0;
};

int on_message(nl_msg* message, void* conversation) {
  if (const auto& on_answer = *static_cast<Conversation*>(conversation)->on_answer) {
    on_answer(::nlmsg_hdr(message));
  }
  return NL_OK;
}

int on_end(nl_msg* /*message*/, void* conversation) {
  static_cast<Conversation*>(conversation)->is_over = true;
  return NL_STOP;
}

int on_error(sockaddr_nl* /*from*/, nlmsgerr* error, void* conversation) {
  static_cast<Conversation*>(conversation)->is_over = true;
  static_cast<Conversation*>(conversation)->error = -error->error;
  return NL_STOP;
}

}  // namespace

RouteRequest::RouteRequest(int type, int flags, std::span<const std::byte> body)
    : message_(::nlmsg_alloc_simple(type, flags)) {
  is_complete_ =
      message_ != nullptr && ::nlmsg_append(message_.get(), const_cast<std::byte*>(body.data()),
                                            body.size(), NLMSG_ALIGNTO) == 0;
}

void RouteRequest::put(int attribute, std::span<const std::byte> octets) {
  is_complete_ = is_complete_ && ::nla_put(message_.get(), attribute,
                                           static_cast<int>(octets.size()), octets.data()) == 0;
}

void RouteRequest::put(int attribute, const std::string& text) {
  is_complete_ = is_complete_ && ::nla_put_string(message_.get(), attribute, text.c_str()) == 0;
}

int RouteRequest::exchange(nl_sock* socket, const Answer& on_answer) {
  if (!is_complete_) {
    return ENOMEM;
  }
  Conversation conversation{.on_answer = &on_answer};
  std::unique_ptr<nl_cb, CallbackFree> callbacks(::nl_cb_alloc(NL_CB_DEFAULT));
  if (!callbacks) {
    return ENOMEM;
  }
  ::nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message, &conversation);
  ::nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, on_end, &conversation);
  ::nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, on_end, &conversation);
  ::nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_error, &conversation);
  if (::nl_send_auto(socket, message_.get()) < 0) {
    return errno;
  }
  while (!conversation.is_over) {
    const int heard = ::nl_recvmsgs(socket, callbacks.get());
    if (heard == -NLE_DUMP_INTR && conversation.error == 0) {
      return EINTR;
    }
    if (heard < 0) {
      // The kernel's own number, for libnl's are fewer and say less.
      return conversation.error != 0 ? conversation.error : EIO;
    }
  }
  return conversation.error;
}

int RouteRequest::list(nl_sock* socket, const std::function<void()>& forget,
                       const Answer& on_answer) {
  constexpr int most_tries = 16;
  int error = EINTR;
  for (int tries = 0; tries < most_tries && error == EINTR; ++tries) {
    forget();
    if (message_ != nullptr) {
      ::nlmsg_hdr(message_.get())->nlmsg_seq = NL_AUTO_SEQ;
    }
    error = exchange(socket, on_answer);
  }
  return error == EINTR ? 0 : error;
}

}  // namespace tapswitch
