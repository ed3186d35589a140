# byte_order.cmake: numbers of files lie in memory as they lie in files, the least byte first.
if(CMAKE_C_BYTE_ORDER STREQUAL "BIG_ENDIAN")
  message(FATAL_ERROR "mer needs a little-endian processor; this one is big-endian")
endif()
