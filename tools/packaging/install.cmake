# What 'cmake --install' puts where, and the Debian package that 'cpack' makes of it:
#   cmake --preset release && cmake --build --preset release && (cd build/release && cpack)
include(GNUInstallDirs)

install(TARGETS tapswitchd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS tapctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Where Debian's policy wants the licence.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tapswitch)
set(CPACK_PACKAGE_VENDOR "the tapswitch authors")
set(CPACK_PACKAGE_CONTACT "the tapswitch authors <tapswitch@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# The libraries the programs are linked with, found by dpkg-shlibdeps.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS iproute2)
# Below the line that is the project's own description.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "One process opens TAP devices and bridges them, with VLANs as IEEE 802.1Q has them.
It is driven by programs over a Unix socket, or with tapctl.")
include(CPack)
