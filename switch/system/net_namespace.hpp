// SPDX-License-Identifier: Apache-2.0
// net_namespace.hpp: how a person names a network namespace, and how a piece of work is done in
// one.
//
// Whoever holds a descriptor of a namespace keeps that namespace alive, also after 'ip netns del'.
// So nothing in this room holds one for longer than a call.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "switch/system/kernel_error.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch {

// A network namespace as it is written: a name that 'ip netns' knows ("lab"), a path (has a '/'),
// or a process id. Digits are a name if there is one of that name, as 'ip link set netns' has it.
class NetNamespaceRef {
 public:
  explicit NetNamespaceRef(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& text() const { return text_; }

  // Non-blocking whatever the path leads to; an error if that is not a network namespace.
  [[nodiscard]] KernelResult<UniqueFd> open() const;

  // Whether it is given by a process, in whose place another may be at another time.
  [[nodiscard]] bool is_of_process() const;
  // Returns the name by which 'ip netns' knows the same namespace, the first of several; nullopt:
  // there is none, or none can be found.
  [[nodiscard]] std::optional<std::string> find_name() const;

  bool operator==(const NetNamespaceRef&) const = default;

 private:
  std::string text_;
};

// The namespace of the calling thread.
[[nodiscard]] KernelResult<UniqueFd> open_current_net_namespace();

// Which namespace a descriptor stands for; equal for equal namespaces.
struct NetNamespaceId {
  dev_t device = 0;
  ino_t inode = 0;

  bool operator==(const NetNamespaceId&) const = default;
};

// The namespace of the calling thread.
[[nodiscard]] NetNamespaceId current_net_namespace();

// The namespace that 'fd' stands for.
[[nodiscard]] NetNamespaceId net_namespace_id(int fd);

// Runs 'work' in a thread of its own that has entered 'name_space', and waits for it, so that the
// caller's thread never leaves the namespace it is in. What 'work' throws is thrown here.
[[nodiscard]] KernelResult<void> run_in_thread(int name_space, const std::function<void()>& work);

// Whether other namespaces can be entered at all: tried with the one that the caller is in, which
// takes the same right.
[[nodiscard]] bool can_enter_net_namespaces();

// Returns what 'work', which gives a KernelResult, gives in 'name_space'. Runs it on the spot if
// the caller is there already, otherwise as run_in_thread() does.
template <class Work>
[[nodiscard]] std::invoke_result_t<Work&> run_in(int name_space, Work&& work) {
  if (net_namespace_id(name_space) == current_net_namespace()) {
    return work();
  }
  std::optional<std::invoke_result_t<Work&>> result;
  if (auto done = run_in_thread(name_space, [&] { result.emplace(work()); }); !done) {
    return done.error();
  }
  return std::move(*result);
}

}  // namespace tapswitch
