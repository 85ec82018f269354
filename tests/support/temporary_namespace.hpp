// SPDX-License-Identifier: Apache-2.0
// temporary_namespace.hpp: a network namespace for one test, named like those of 'ip netns', and
// gone when the test is over. Needs root.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "switch/system/net_namespace.hpp"
#include "switch/system/unique_fd.hpp"

namespace tapswitch::test {

class TemporaryNamespace {
 public:
  // Named "tst-PURPOSE-PID-N". Throws std::runtime_error if 'ip netns add' fails.
  explicit TemporaryNamespace(std::string_view purpose = "ns");
  TemporaryNamespace(const TemporaryNamespace&) = delete;
  TemporaryNamespace& operator=(const TemporaryNamespace&) = delete;
  ~TemporaryNamespace();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return "/run/netns/" + name_; }
  [[nodiscard]] NetNamespaceRef ref() const { return NetNamespaceRef(name_); }

  // Runs 'work' inside. Throws what it throws.
  void run(const std::function<void()>& work) const;

  // 'ip netns del', before the test is over.
  void remove();

 private:
  std::string name_;
  bool is_there_ = true;
};

// A name for an interface that no other test uses: "PREFIXn-PID", cut to the kernel's 15
// characters.
[[nodiscard]] std::string unique_interface_name(std::string_view prefix = "t");

}  // namespace tapswitch::test
