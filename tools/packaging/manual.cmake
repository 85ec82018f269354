# The manual pages: what the programs know of themselves, put into the pages of man/.
add_executable(manual ${CMAKE_CURRENT_LIST_DIR}/manual.cpp)
target_link_libraries(manual PRIVATE tapctl_core tapctl_lab tapswitchd_core)

# Obeys SOURCE_DATE_EPOCH, so that the same source can make the same page.
string(TIMESTAMP MANUAL_DATE "%B %d, %Y" UTC)
foreach(page IN ITEMS tapctl.1 tapswitchd.8 tapswitch.json.5 tapswitch-lab.5)
  set(template ${PROJECT_BINARY_DIR}/man/${page}.in)
  set(target ${PROJECT_BINARY_DIR}/man/${page})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/man/${page} ${template} @ONLY)
  add_custom_command(
    OUTPUT ${target} ${target}.gz
    COMMAND manual ${template} > ${target}
    COMMAND gzip -9nfk ${target}
    DEPENDS manual ${template}
    VERBATIM)
  list(APPEND manual_pages ${target}.gz)
  string(REGEX REPLACE "^.*\\." "" section ${page})
  install(FILES ${target}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/man/changelog.gz
  COMMAND gzip -9nc ${CMAKE_CURRENT_LIST_DIR}/debian/changelog > ${PROJECT_BINARY_DIR}/man/changelog.gz
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/debian/changelog
  VERBATIM)
add_custom_target(manual_pages ALL DEPENDS ${manual_pages} ${PROJECT_BINARY_DIR}/man/changelog.gz)
