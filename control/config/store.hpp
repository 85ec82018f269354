// SPDX-License-Identifier: Apache-2.0
// store.hpp: a file that holds a document, and is at every moment the old one or the new one,
// whole.
//
// Theory of operation: the new text is written to a file beside it ("NAME.new"), which is flushed
// to the disk and then takes the name; the directory is flushed too. What a death leaves behind is
// at most that other file, and the next write takes it away. A symbolic link stays: the file it
// leads to is the one that is replaced. Mode and owner of a file that exists are kept, as far as we
// may; a new one is 0644. Limits: documents of most_document_bytes. Nothing keeps two daemons from
// using one file.
#pragma once

#include <string>
#include <string_view>

namespace tapswitch::config {

class Store {
 public:
  explicit Store(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  // False also where a link leads nowhere.
  [[nodiscard]] bool exists() const;

  // Both throw rpc::Error: not_found, permission_denied, kernel_refused, limit_reached.
  [[nodiscard]] std::string read() const;
  // On failure the old file is as it was.
  void write(std::string_view text) const;

 private:
  std::string path_;
};

}  // namespace tapswitch::config
