// SPDX-License-Identifier: Apache-2.0
#include "control/server/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "switch/system/account.hpp"
#include "switch/system/made_directory.hpp"
#include "switch/system/own_sockets.hpp"
#include "switch/system/peer_socket.hpp"
#include "switch/system/slow_close.hpp"
#include "switch/system/socket_file.hpp"

namespace tapswitch::server {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

namespace {

constexpr mode_t directory_mode = 0750;

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw std::runtime_error(fmt::format("cannot {} '{}': {}", what, path, std::strerror(error)));
}

std::optional<gid_t> group_of(const std::optional<std::string>& text) {
  if (!text) {
    return std::nullopt;
  }
  const auto found = find_group(*text);
  if (!found) {
    throw std::runtime_error(fmt::format("there is no group '{}'", *text));
  }
  return found;
}

// Changes what is open, so that nobody can put another in its place.
void set_rights(const UniqueFd& file, const std::string& path, mode_t mode,
                const std::optional<gid_t>& owner_group) {
  const FileAccess access{.owner = {}, .group = owner_group, .mode = {}};
  if (const auto given = give_access(file.get(), access, mode, path); !given) {
    const bool is_mode = given.error().call == "chmod";
    fail(path, is_mode ? "set the mode of" : "give to its group", given.error().number);
  }
}

// We hold the lock, so who answers is no tapswitchd, but it may be another program whose socket was
// named by mistake.
void remove_dead_socket(const std::string& path) {
  const auto location = SocketLocation::of_path(path);
  const auto removed = location ? remove_stale(SOCK_STREAM, *location) : location.error();
  if (removed) {
    return;
  }
  switch (const int error = removed.error().number) {
    case EEXIST:
      throw std::runtime_error(
          fmt::format("'{}' exists and is not a socket: remove it, or choose another path", path));
    case EADDRINUSE:
      throw std::runtime_error(
          fmt::format("'{}' is the socket of another program: choose another path", path));
    default:
      fail(path, "remove the dead socket", error);
  }
}

std::string path_of_listening(const UniqueFd& socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  int listens = 0;
  socklen_t listens_size = sizeof listens;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sun_family != AF_UNIX ||
      getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) != 0 ||
      listens == 0) {
    throw std::runtime_error(
        fmt::format("descriptor {} is no Unix socket that listens", socket.get()));
  }
  return static_cast<const char*>(address.sun_path);
}

}  // namespace

// A directory that was made for a socket goes again if that does not come about.
class Listener::NewDirectory {
 public:
  NewDirectory() = default;
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;
  ~NewDirectory() {
    if (made_) {
      unlinkat(made_->directory->get(), made_->name.c_str(), AT_REMOVEDIR);
    }
  }

  // Checks the path and makes its directory, before anything else touches either. Returns the path.
  const std::string& make_for(const SocketOptions& options) {
    const std::string& path = options.path;
    constexpr std::size_t longest_path = SocketAddress::max_path_size;
    if (path.empty() || path.size() > longest_path) {
      throw std::runtime_error(
          fmt::format("the path of a socket has 1 to {} characters, '{}' has {}", longest_path,
                      path, path.size()));
    }
    const std::string directory = std::filesystem::path(path).parent_path();
    if (!directory.empty()) {
      make(directory, options.group);
    }
    return path;
  }

  void keep() { made_.reset(); }

 private:
  void make(const std::string& path, const std::optional<std::string>& group) {
    const auto location = SocketLocation::of_path(path);
    if (!location) {
      fail(path, "make the directory", location.error().number);
    }
    const int parent = location->directory->get();
    if (mkdirat(parent, location->name.c_str(), 0700) != 0) {
      if (errno != EEXIST) {
        fail(path, "make the directory", errno);
      }
      return;
    }
    const UniqueFd made = open_made_directory(parent, location->name);
    if (!made.is_open()) {
      fail(path, "open the directory", errno);
    }
    made_ = *location;
    set_rights(made, path, directory_mode, group_of(group));
  }

  std::optional<SocketLocation> made_;
};

Listener::Listener(asio::io_context& io, const SocketOptions& options)
    : Listener(io, options, NewDirectory()) {}

Listener::Listener(asio::io_context& io, const SocketOptions& options, NewDirectory&& directory)
    : path_(directory.make_for(options)), lock_(std::in_place, path_), loop_(io) {
  remove_dead_socket(path_);
  loop_.acceptor().open();
  if (!options.takes_descriptors) {
    refuse_descriptors();
  }
  // Nobody gets in before the rights are set.
  const mode_t old_mask = umask(0777);
  error_code error;
  loop_.acceptor().bind(stream_protocol::endpoint(path_), error);
  umask(old_mask);
  if (error) {
    fail(path_, "bind", error.value());
  }
  try {
    const UniqueFd file = find_file();
    if (!file.is_open()) {
      fail(path_, "find the socket that was bound to", ENOENT);
    }
    set_rights(file, path_, options.mode, group_of(options.group));
    loop_.acceptor().listen();
  } catch (...) {
    remove_file();
    throw;
  }
  directory.keep();
}

Listener::Listener(asio::io_context& io, UniqueFd socket, UniqueFd lock)
    : path_(path_of_listening(socket)), loop_(io) {
  if (lock.is_open()) {
    lock_.emplace(path_, std::move(lock));
  }
  loop_.acceptor().assign(stream_protocol(), socket.release());
  (void)find_file();
}

Listener::~Listener() {
  remove_own_socket_file(device_, inode_);
  if (lock_ && lock_->is_ours()) {
    remove_file();
  }
}

// Nothing is open if there is another in its place, or it is where we cannot look.
UniqueFd Listener::find_file() {
  const auto location = SocketLocation::of_path(path_);
  UniqueFd file = location ? open_bound(loop_.acceptor().native_handle(), *location) : UniqueFd();
  struct stat status {};
  if (file.is_open() && fstat(file.get(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
    add_own_socket_file(device_, inode_);
  }
  return file;
}

bool Listener::is_file_there() const {
  struct stat status {};
  return inode_ != 0 && lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

bool Listener::has_lost_file() {
  const bool was_there = std::exchange(was_file_there_, inode_ == 0 || is_file_there());
  return was_there && !was_file_there_;
}

void Listener::remove_file() const {
  if (is_file_there()) {
    unlink(path_.c_str());
  }
}

std::vector<int> Listener::descriptors() {
  std::vector<int> all{loop_.acceptor().native_handle()};
  if (lock_) {
    all.push_back(lock_->descriptor());
  }
  return all;
}

void Listener::claim() {
  if (lock_) {
    lock_->claim();
  }
}

void Listener::renounce() {
  if (lock_) {
    lock_->renounce();
  }
}

void Listener::refuse_descriptors() {
  tapswitch::refuse_descriptors(loop_.acceptor().native_handle());
  loop_.pause_at(most_unclosed_of_strangers);
}

void Listener::start(Accepted accepted) { loop_.start(std::move(accepted)); }

void Listener::stop() { loop_.stop(); }

}  // namespace tapswitch::server
