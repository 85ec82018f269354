// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/kept_log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "tools/terminal/text.hpp"

namespace tapswitch::lab {
namespace {

constexpr mode_t log_mode = 0640;
constexpr std::size_t pieces_kept = 2;
constexpr std::size_t most_lines = 12;

// The pieces that there are: where each begins, and its size.
std::map<std::size_t, std::size_t> pieces_of(const std::string& directory,
                                             const std::string& name) {
  std::map<std::size_t, std::size_t> pieces;
  std::error_code none;
  const std::string begin = name + ".log";
  for (const auto& entry : std::filesystem::directory_iterator(directory, none)) {
    const std::string file = entry.path().filename();
    std::size_t start = 0;
    if (file != begin) {
      const char* const end = file.data() + file.size();
      if (!file.starts_with(begin + '.') ||
          std::from_chars(file.data() + begin.size() + 1, end, start).ptr != end) {
        continue;
      }
    }
    const auto size = entry.file_size(none);
    if (!none) {
      pieces.emplace(start, size);
    }
  }
  return pieces;
}

std::string path_of(int directory) { return fmt::format("/proc/self/fd/{}", directory); }

std::string piece_name(const std::string& name, std::size_t start) {
  return start == 0 ? name + ".log" : fmt::format("{}.log.{}", name, start);
}

std::string read_piece(const std::string& path, std::size_t size, std::size_t offset) {
  std::string text(offset < size ? size - offset : 0, '\0');
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const ssize_t taken = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(offset));
  text.resize(taken > 0 ? static_cast<std::size_t>(taken) : 0);
  return text;
}

}  // namespace

KeptLog::KeptLog(int directory, std::string name) : directory_(directory), name_(std::move(name)) {
  if (const auto pieces = pieces_of(path_of(directory_), name_); !pieces.empty()) {
    start_ = pieces.rbegin()->first;
  }
}

void KeptLog::append(std::string_view text) {
  if (unwritten_ > 0) {
    const std::string note =
        fmt::format("\n[{} bytes could not be kept: there was no room]\n", unwritten_);
    if (write(note) < note.size()) {
      unwritten_ += text.size();
      return;
    }
    unwritten_ = 0;
  }
  unwritten_ += text.size() - write(text);
}

std::size_t KeptLog::write(std::string_view text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const UniqueFd file(::openat(directory_, file_name().c_str(),
                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, log_mode));
    struct stat status {};
    // Another keeper may hold this log for what an earlier process has left.
    if (!file.is_open() || ::flock(file.get(), LOCK_EX) != 0 || ::fstat(file.get(), &status) != 0) {
      return done;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size >= piece_size) {
      begin_piece(start_ + size);
      continue;
    }
    const std::size_t next = std::min(text.size() - done, piece_size - size);
    const ssize_t written = ::write(file.get(), text.data() + done, next);
    if (written <= 0) {
      return done;
    }
    done += static_cast<std::size_t>(written);
  }
  return done;
}

std::string KeptLog::file_name() const { return piece_name(name_, start_); }

void KeptLog::begin_piece(std::size_t start) {
  start_ = start;
  auto pieces = pieces_of(path_of(directory_), name_);
  pieces.erase(0);
  pieces.emplace(start, 0);
  while (pieces.size() > pieces_kept) {
    ::unlinkat(directory_, piece_name(name_, pieces.begin()->first).c_str(), 0);
    pieces.erase(pieces.begin());
  }
}

std::size_t log_size(const std::string& directory, const std::string& name) {
  const auto pieces = pieces_of(directory, name);
  return pieces.empty() ? 0 : pieces.rbegin()->first + pieces.rbegin()->second;
}

std::string read_log(const std::string& directory, const std::string& name, std::size_t offset) {
  std::string text;
  std::size_t at = offset;
  for (const auto& [start, size] : pieces_of(directory, name)) {
    if (start + size <= offset) {
      continue;
    }
    if (start > at) {
      text += fmt::format("\n[{} bytes are left out here]\n", start - at);
    }
    text += read_piece(directory + '/' + piece_name(name, start), size,
                       offset > start ? offset - start : 0);
    at = start + size;
  }
  return text;
}

std::string last_lines(const std::string& text) {
  std::size_t begin = text.size();
  while (begin > 0 && text[begin - 1] == '\n') {
    --begin;
  }
  const std::size_t end = begin;
  for (std::size_t lines = 0; begin > 0 && lines < most_lines; ++lines) {
    const std::size_t found = begin > 1 ? text.rfind('\n', begin - 2) : std::string::npos;
    begin = found == std::string::npos ? 0 : found + 1;
  }
  std::string out;
  while (begin < end) {
    const std::size_t line_end = std::min(text.find('\n', begin), end);
    out += fmt::format("{}    {}", out.empty() ? "" : "\n",
                       tapctl::printable(text.substr(begin, line_end - begin)));
    begin = line_end + 1;
  }
  return out.empty() ? "    (nothing)" : out;
}

}  // namespace tapswitch::lab
