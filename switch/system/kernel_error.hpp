// SPDX-License-Identifier: Apache-2.0
// kernel_error.hpp: tells what the kernel refused, to whom, and what a person can do about it.
//
// A value, never thrown by this room: whoever asks for the value of a failed KernelResult without
// looking gets a std::system_error.
#pragma once

#include <string>
#include <string_view>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace tapswitch {

struct KernelError {
  int number = 0;       // errno
  std::string call;     // what was asked: "TUNSETIFF", "RTM_NEWLINK", "open"
  std::string action;   // what it was for: "open"
  std::string object;   // on what: "TAP 'tap3' in namespace 'lab'"
  std::string hint;     // what to do about it, may be empty
  std::string missing;  // the capability or device that is missing, empty if that is not the cause

  // "cannot open TAP 'tap3' in namespace 'lab': Operation not permitted (needs CAP_NET_ADMIN: ...)"
  [[nodiscard]] std::string message() const;
};

template <class T>
using KernelResult = boost::system::result<T, KernelError>;

// "EPERM"; "errno 4711" for a number that has no name.
[[nodiscard]] std::string errno_name(int number);

// Throws. boost::system::result calls it when a value is asked for that is not there.
[[noreturn]] void throw_exception_from_error(const KernelError& error,
                                             const boost::source_location& location);

// The error 'number' of 'call'. If it says that a permission is missing, the hint says that
// 'capability', unless that is empty, is needed and how to grant it; or, if this process has it,
// what else may refuse.
[[nodiscard]] KernelError kernel_error(int number, std::string_view call, std::string_view action,
                                       std::string_view object,
                                       std::string_view capability = "CAP_NET_ADMIN");

// Why /dev/net/tun could not be opened with 'number', and how to change that.
[[nodiscard]] KernelError tun_device_error(int number);

}  // namespace tapswitch
