// SPDX-License-Identifier: Apache-2.0
// asio.cpp: the one place where Boost.Asio itself is compiled; everybody else includes only its
// declarations (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
