// SPDX-License-Identifier: Apache-2.0
// page.hpp: a page that is written bit by bit, so that between two bits the control thread can do
// what else there is to do.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace tapswitch::metrics {

class Page {
 public:
  Page() = default;
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  virtual ~Page() = default;

  // Writes some more; false: it is complete.
  [[nodiscard]] virtual bool write_some() = 0;

  // Once it is complete.
  [[nodiscard]] virtual std::string text() const = 0;
};

using OpenPage = std::function<std::unique_ptr<Page>()>;

}  // namespace tapswitch::metrics
