# What `cmake --install` puts where: program, libraries, headers, and how other builds find them.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mer)

# The program finds the library beside it, wherever the tree is put.
file(RELATIVE_PATH library_path ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(mer_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${library_path}")

install(TARGETS mer_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS mer_shared EXPORT mer-targets DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS mer_static EXPORT mer-static-targets DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/mer DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/mer PATTERN make EXCLUDE PATTERN .gitattributes EXCLUDE)

install(EXPORT mer-targets NAMESPACE mer:: DESTINATION ${package_dir})
install(EXPORT mer-static-targets NAMESPACE mer:: DESTINATION ${package_dir})
configure_package_config_file(cmake/mer-config.cmake.in ${PROJECT_BINARY_DIR}/mer-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mer-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mer-config.cmake ${PROJECT_BINARY_DIR}/mer-config-version.cmake
  DESTINATION ${package_dir})

# Paths relative to mer.pc, so that the tree may be moved; absolute where a packager's folders are.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(folder LIBDIR INCLUDEDIR)
  string(TOLOWER pc_${folder} name)
  cmake_path(IS_ABSOLUTE CMAKE_INSTALL_${folder} absolute)
  set(${name} ${CMAKE_INSTALL_${folder}})
  if(NOT absolute)
    string(PREPEND ${name} "\${prefix}/")
  endif()
endforeach()
# Not Requires.private: that would give a program the flags of headers that mer's do not include.
list(JOIN UTF8PROC_LDFLAGS " " utf8proc_flags)
list(JOIN JANSSON_LDFLAGS " " jansson_flags)
list(JOIN MD_LDFLAGS " " md_flags)
set(pc_libs_private "${utf8proc_flags} ${jansson_flags} ${md_flags}")
configure_file(cmake/mer.pc.in ${PROJECT_BINARY_DIR}/mer.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mer.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The page is made of the program's own help, so the program has to run.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  set(page ${PROJECT_BINARY_DIR}/mer.1)
  add_custom_command(OUTPUT ${page} VERBATIM
    COMMAND ${PROJECT_SOURCE_DIR}/tools/make-man ${page} ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:mer_cli>
    DEPENDS mer_cli ${PROJECT_SOURCE_DIR}/tools/make-man)
  add_custom_target(man_page ALL DEPENDS ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
install(FILES completions/mer.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mer)
install(FILES completions/_mer DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
