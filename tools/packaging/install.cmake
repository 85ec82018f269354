# Says what 'cmake --install' puts where, and the Debian package that 'cpack' makes of it:
#   cmake --preset release && cmake --build --preset release && (cd build/release && cpack)
# Everything is below the prefix.
include(GNUInstallDirs)
include(tools/packaging/manual.cmake)

install(TARGETS tapswitchd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS tapctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Debian's Wireshark looks there for programs that capture.
install(TARGETS tapswitchdump RUNTIME DESTINATION lib/${CMAKE_LIBRARY_ARCHITECTURE}/wireshark/extcap)

set(units tools/packaging/systemd)
install(FILES ${units}/tapswitch.service ${units}/tapswitch.socket ${units}/tapswitch-readonly.socket
        DESTINATION lib/systemd/system)
install(FILES ${units}/sysusers.conf DESTINATION lib/sysusers.d RENAME tapswitch.conf)

set(completions tools/packaging/completions)
install(FILES ${completions}/tapctl.bash DESTINATION share/bash-completion/completions RENAME tapctl)
install(FILES ${completions}/tapctl.zsh DESTINATION share/zsh/vendor-completions RENAME _tapctl)
install(FILES ${completions}/tapctl.fish DESTINATION share/fish/vendor_completions.d)

install(FILES README.md CHANGELOG.md docs/operations.md docs/labs.md docs/control-protocol.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${units}/interfaces.conf ${units}/kernel-path.conf ${units}/namespaces.conf ${units}/default.example
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY examples/grafana DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# Editors complete a document by it.
install(FILES docs/tapswitch.schema.json docs/lab.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/tapswitch)
install(FILES tools/python/tapswitch.py DESTINATION lib/python3/dist-packages)

set(debian tools/packaging/debian)
# Debian's policy wants here the licence and the changelog.
install(FILES ${debian}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_BINARY_DIR}/man/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tapswitch)
set(CPACK_PACKAGE_VENDOR "the tapswitch authors")
set(CPACK_PACKAGE_CONTACT "the tapswitch authors <tapswitch@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Whatever the umask of whoever builds it.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# The libraries the programs are linked with, found by dpkg-shlibdeps.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS iproute2)
# The client in Python; uplinks of labs.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3, passt, nftables, dnsmasq-base")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/${debian}/postinst ${PROJECT_SOURCE_DIR}/${debian}/prerm
    ${PROJECT_SOURCE_DIR}/${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "virtual Ethernet switch, driven through a JSON-RPC socket")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "One process opens TAP devices and bridges them, with VLANs as IEEE 802.1Q
has them. It is driven by programs over a Unix socket, or with tapctl.")
include(CPack)
